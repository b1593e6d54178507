"""Draw docs/images/layers.svg: the packages of inklab by layer, with an arrow for each import between them.

Layers come from the table in tests/test_imports.py, and arrows from the imports in the source.
"""

import ast
import runpy
from pathlib import Path

from inklab.palette import LIGHT

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "inklab"
PICTURE = ROOT / "docs" / "images" / "layers.svg"
OMITTED = {"__init__", "__main__", "constants", "errors", "palette", "utils"}
"""Nearly every package imports these, or they only start the others."""
PLACES = {
    "cli": 0.12,
    "web": 0.42,
    "lesson": 0.15,
    "report": 0.62,
    "sklearn": 0.9,
    "explain": 0.1,
    "export": 0.3,
    "runs": 0.62,
    "recognition": 0.46,
    "training": 0.82,
    "evaluation": 0.46,
    "data": 0.86,
    "onnxgraph": 0.1,
    "models": 0.42,
    "imaging": 0.8,
}
"""Where the middle of each package's box is, as a fraction of the width, so that no arrow crosses a box."""
WIDTH, ROW, LEFT, BOX = 800, 92, 40, (116, 38)
INK, LINE, FILL = (LIGHT[name] for name in ("text", "muted", "tint"))


def layers() -> dict[str, int]:
    """Return package -> layer, without the omitted packages."""
    table: dict[str, int] = runpy.run_path(str(ROOT / "tests" / "test_imports.py"))["LAYERS"]
    return {name: layer for name, layer in table.items() if name not in OMITTED}


def imports() -> dict[str, set[str]]:
    """Return package -> the packages that it imports, anywhere in its modules, without the omitted ones."""
    names = layers()
    edges: dict[str, set[str]] = {name: set() for name in names}
    for path in SOURCE.rglob("*.py"):
        package = path.relative_to(SOURCE).with_suffix("").parts[0]
        if package not in names:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            targets = {name.split(".")[1] for name in modules if name.startswith("inklab.")}
            edges[package] |= (targets & set(names)) - {package}
    return edges


def arrows() -> list[tuple[str, str]]:
    """Return the imports that no longer path of imports implies, sorted."""
    edges = imports()

    def reached(start: str) -> set[str]:
        return edges[start].union(*(reached(target) for target in edges[start]))

    return sorted(
        (package, target)
        for package, targets in edges.items()
        for target in targets
        if not any(target in reached(between) for between in targets - {target})
    )


def picture() -> str:
    """Return the SVG file."""
    by_layer = layers()
    top = max(by_layer.values())
    height = ROW * top - 12
    middle = {
        name: (LEFT + (WIDTH - LEFT) * PLACES[name], ROW * (top - layer) + 40.0)
        for name, layer in by_layer.items()
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="15">',
        "<title>The packages of inklab by layer, with an arrow for each import</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        f'orient="auto"><path d="M0 0 8 4 0 8z" fill="{LINE}"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
    ]
    parts += [
        f'<text x="16" y="{ROW * (top - layer) + 45}" fill="{LINE}">{layer}</text>'
        for layer in sorted(set(by_layer.values()))
    ]
    for package, target in arrows():
        path = _curve(middle[package], middle[target])
        parts.append(
            f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.4" marker-end="url(#tip)">'
            f"<title>{package} imports {target}</title></path>"
        )
    wide, high = BOX
    for name, (x, y) in middle.items():
        parts += [
            f'<rect x="{x - wide / 2:.0f}" y="{y - high / 2:.0f}" width="{wide}" height="{high}" rx="6" '
            f'fill="{FILL}" stroke="{LINE}"/>',
            f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="{INK}">{name}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return the path of an arrow from the edge of one box to the edge of another."""
    (x1, y1), (x2, y2) = start, end
    wide, high = BOX
    if y1 == y2:
        side = 1 if x2 > x1 else -1
        return f"M{x1 + side * wide / 2:.0f} {y1:.0f}H{x2 - side * (wide / 2 + 2):.0f}"
    lean = max(-0.35, min(0.35, (x2 - x1) / WIDTH)) * wide  # arrows of one box start apart
    x1, y1, x2, y2 = x1 + lean, y1 + high / 2, x2 - lean, y2 - high / 2 - 2
    bend = (y2 - y1) / 2
    return f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
