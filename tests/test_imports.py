"""Which package may import which, which library each may use, and which imports stay light."""

import ast
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import inklab

SOURCE = Path(inklab.__file__).parent

LAYERS = {  # a module imports from layers below its own; docs/explanation/architecture.md has the same table
    "errors": 0,
    "constants": 0,
    "palette": 0,
    "utils": 1,
    "imaging": 1,
    "models": 1,
    "onnxgraph": 1,
    "data": 2,
    "evaluation": 2,
    "training": 3,
    "recognition": 3,
    "runs": 4,
    "export": 4,
    "explain": 4,
    "report": 5,
    "sklearn": 5,
    "lesson": 5,
    "web": 6,
    "cli": 6,
    "__main__": 6,
}
WITHIN_A_LAYER = {  # the few imports between packages of one layer; they form no cycle
    "imaging": {"utils"},
    "export": {"runs"},
    "lesson": {"report"},
    "cli": {"web"},
    "__main__": {"cli"},
}
THIRD_PARTIES = {  # library -> packages or modules that may import it
    "numpy": set(LAYERS) - {"errors", "constants", "palette", "cli", "__main__"},
    "torch": {
        "models",
        "training",
        "runs",
        "export",
        "explain/features",
        "explain/filters",
        "report/run_figures",
        "sklearn",
        "cli/diagnostics",
        "web",
    },
    "onnxruntime": {"recognition", "export/quantize"},
    "PIL": {"imaging", "training/negatives/letters"},
    "cv2": {"imaging", "training/negatives", "training/styles"},
    "onnx": {"onnxgraph", "export", "explain/layers", "explain/unit", "explain/attribution"},
    "safetensors": {"runs"},
    "sklearn": {"sklearn", "explain/projection"},
    "matplotlib": {"report", "training/negatives/letters"},
    "jinja2": {"report/html"},
    "ray": {"runs/members", "runs/ray_members", "runs/ray_worker"},
    "fastapi": {"web"},
    "pydantic": {"web"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "rich": {"cli/console"},
    "typer": {"cli"},
}


def imported(path: Path) -> Iterator[str]:
    """Yield every module that the file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; write the module out"
            if node.module == "inklab":
                yield from (f"inklab.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_in_one_direction(path: Path) -> None:
    package = package_of(path)
    assert package in LAYERS, (
        f"{package} has no layer: give it one here and in docs/explanation/architecture.md"
    )
    for name in imported(path):
        if name.startswith("inklab."):
            target = name.split(".")[1]
            allowed = (
                target == package
                or LAYERS[target] < LAYERS[package]
                or target in WITHIN_A_LAYER.get(package, ())
            )
            assert allowed, f"{path} (layer {LAYERS[package]}) imports {name} (layer {LAYERS[target]})"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_libraries_are_imported_where_they_belong(path: Path) -> None:
    module = path.relative_to(SOURCE).with_suffix("").as_posix()
    for name in imported(path):
        library = name.split(".")[0]
        if library == "inklab" or library in sys.stdlib_module_names:
            continue
        places = THIRD_PARTIES[library]
        assert any(module == place or module.startswith(f"{place}/") for place in places), (
            f"{module} imports {name}"
        )


def test_the_table_of_contents_is_complete() -> None:
    modules = {name: module for module, names in inklab._MODULES.items() for name in names}
    assert sorted(modules) == sorted(inklab.__all__) == sorted(dir(inklab))
    for name in inklab.__all__:
        assert getattr(inklab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        _ = inklab.missing


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import inklab", {"numpy", "torch", "typer"}),
        ("import inklab.cli.main", {"numpy", "torch", "rich.progress", "matplotlib"}),
        ("from inklab import load_mnist, evaluate; load_mnist()", {"torch", "matplotlib"}),
        (
            "import inklab.training, inklab.runs, inklab.explain.filters",
            {"matplotlib", "jinja2", "sklearn", "cv2"},
        ),
        ("import inklab.explain.layers, inklab.lesson.text", {"torch"}),
        ("from inklab import prepare_image", {"torch", "onnxruntime", "PIL.TiffImagePlugin", "matplotlib"}),
        ("import inklab.recognition", {"torch", "onnx", "rich.progress", "matplotlib"}),
        ("import inklab.web.app", {"torch", "matplotlib", "plotly"}),
        ("from inklab.training import published_results, RECIPES; published_results()", {"matplotlib"}),
        ("from inklab.training import published_results; published_results()", {"numpy", "torch"}),
        ("import inklab.cli.commands.web", {"numpy", "fastapi"}),
        ("import inklab.cli.commands.read", {"numpy", "onnxruntime", "rich.progress"}),
    ],
)
def test_light_imports_stay_light(statement: str, absent: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not absent & set(loaded.split())


ROOT = Path(__file__).parents[1]
SCRIPTS = sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("tools/*.py")])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_import_names_that_exist(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        names = {alias.name for alias in node.names}
        local = path.with_name(f"{node.module}.py")
        if local.exists():
            defined = {
                name.id if isinstance(name, ast.Name) else name.name
                for name in ast.walk(ast.parse(local.read_text(encoding="utf-8")))
                if isinstance(name, ast.Name | ast.FunctionDef | ast.ClassDef | ast.alias)
            }
            assert names <= defined, f"{path.name} imports {names - defined} from {local.name}"
        elif node.module.split(".")[0] == "inklab":
            module = importlib.import_module(node.module)
            for name in names:
                assert hasattr(module, name) or importlib.util.find_spec(f"{node.module}.{name}"), name
