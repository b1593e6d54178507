"""The style sheet of the colors comes from palette.json, and the pages use no other colors."""

import json
import re

from fastapi.testclient import TestClient

import inklab.palette
from inklab.palette import DARK, LIGHT
from inklab.web.app import STATIC

PALETTE_CSS = "/static/palette.css"


def test_the_style_sheet_has_every_color_of_both_themes(client: TestClient) -> None:
    response = client.get(PALETTE_CSS)
    assert response.headers["content-type"].startswith("text/css")
    document = json.loads((STATIC.parent.parent / "palette.json").read_text())
    assert document == {"light": dict(LIGHT), "dark": dict(DARK)}
    defined = dict(re.findall(r"--([\w-]+): (light-dark\(.*\));", response.text))
    assert defined == {name: f"light-dark({LIGHT[name]}, {DARK[name]})" for name in document["light"]}
    assert response.text == inklab.palette.css_variables()


def test_style_sheets_and_scripts_use_only_these_colors() -> None:
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        text = path.read_text()
        used = set(re.findall(r"var\(--([\w-]+)", text)) | set(re.findall(r'"--([\w-]+)"', text))
        own = set(re.findall(r"--([\w-]+):", text)) | {"heat"}
        sizes = {"small", "body", "large", "huge", "gap", "radius", "mono"}
        assert used - own - sizes <= set(LIGHT), path
        assert not re.search(r"#[0-9a-f]{6}\b", text), f"{path} has a color of its own"
