"""The house: who may import whom, and what stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import inklab

SOURCE = Path(inklab.__file__).parent

FLOORS = {
    "__init__": 0,  # loads the others when they are asked for
    "errors": 1,
    "files": 1,
    "machine": 1,
    "workers": 1,
    "data": 2,
    "evaluation": 2,
    "imaging": 2,
    "models": 3,
    "phases": 3,
    "pictures": 3,
    "sources": 3,
    "training": 4,
    "inspection": 4,
    "recognition": 4,
    "chapters": 5,
    "gallery": 5,
    "page": 5,
    "view": 5,
    "lesson": 5,
    "estimator": 5,
    "doctor": 5,
    "eight_bits": 5,
    "experiments": 5,
    "export": 5,
    "opened": 5,
    "terminal": 6,
    "web": 6,
    "commands": 6,
    "cli": 6,
}
SAME_FLOOR = {  # within these floors a module may import these of its own floor, and no circle arises
    "files": {"errors"},
    "workers": {"errors", "machine"},
    "sources": {"pictures"},
    "page": {"gallery"},
    "export": {"eight_bits"},
    "view": {"gallery", "page"},
    "lesson": {"chapters", "page", "view"},
    "commands": {"terminal", "web"},
    "cli": {"commands"},
}
THIRD_PARTIES = {
    "numpy": {
        "eight_bits",
        "data",
        "evaluation",
        "imaging",
        "pictures",
        "phases",
        "models",
        "training",
        "inspection",
        "recognition",
        "gallery",
        "estimator",
        "experiments",
        "export",
        "opened",
        "web",
    },
    "torch": {
        "eight_bits",
        "models",
        "training",
        "inspection",
        "gallery",
        "doctor",
        "estimator",
        "export",
        "web/jobs",
        "web/course",
        "web/lesson",
        "web/recipes",
    },
    "onnxruntime": {"recognition", "eight_bits"},
    "PIL": {"imaging", "training/letters"},
    "cv2": {"imaging", "training/letters", "training/nothing", "training/shapes"},
    "onnx": {"opened", "eight_bits", "phases"},
    "safetensors": {"training"},
    "sklearn": {"estimator", "inspection/projection"},
    "matplotlib": {"inspection/figures", "training/letters", "gallery"},
    "jinja2": {"page"},
    "ray": {"training/columns", "training/cluster"},
    "fastapi": {"web"},
    "pydantic": {"web"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "rich": {"terminal"},
    "typer": {"commands", "cli"},
}


def imported(path: Path) -> Iterator[str]:
    """Yield every module that the file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; write the module out"
            yield node.module or ""


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_upwards(path: Path) -> None:
    room = room_of(path)
    assert room in FLOORS, f"{room} has no floor: give it one here and in docs/architecture.md"
    if room == "__init__":
        return
    for name in imported(path):
        if name.startswith("inklab."):
            other = name.split(".")[1]
            allowed = other == room or FLOORS[other] < FLOORS[room] or other in SAME_FLOOR.get(room, ())
            assert allowed, f"{path} (floor {FLOORS[room]}) imports {name} (floor {FLOORS[other]})"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_third_parties_stay_in_their_rooms(path: Path) -> None:
    here = path.relative_to(SOURCE).with_suffix("").as_posix()
    for name in imported(path):
        library = name.split(".")[0]
        if library == "inklab" or library in sys.stdlib_module_names:
            continue
        rooms = THIRD_PARTIES[library]
        assert room_of(path) in rooms or here in rooms, f"{here} imports {name}"


def test_the_table_of_contents_is_whole() -> None:
    rooms = {name: room for room, names in inklab._ROOMS.items() for name in names}
    assert sorted(rooms) == sorted(inklab.__all__) == sorted(dir(inklab))
    for name in inklab.__all__:
        assert getattr(inklab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = inklab.nothing


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import inklab", {"numpy", "torch", "typer"}),
        ("import inklab.cli", {"numpy", "torch", "rich.progress", "matplotlib"}),
        ("from inklab import load_mnist, evaluate; load_mnist()", {"torch", "matplotlib"}),
        ("import inklab.training, inklab.inspection", {"matplotlib", "jinja2", "sklearn", "cv2"}),
        ("from inklab import to_image", {"torch", "onnxruntime", "PIL.TiffImagePlugin", "matplotlib"}),
        ("import inklab.recognition", {"torch", "onnx", "rich.progress", "matplotlib"}),
        ("import inklab.web.app", {"torch", "matplotlib", "plotly"}),
        ("import inklab.commands.web", {"numpy", "fastapi"}),
        ("import inklab.commands.read", {"numpy", "onnxruntime", "rich.progress"}),
    ],
)
def test_what_is_light_stays_light(statement: str, absent: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not absent & set(loaded.split())
