"""Drawings by HTTP: saved once, deleted, refused."""

import numpy as np
import pytest
from fastapi.testclient import TestClient
from web_pictures import png, seven
from web_visits import FINISHED

from inklab.errors import InklabError
from inklab.web import Workbench
from inklab.web.services import drawings
from inklab.web.services.drawings import Drawings


def test_a_drawing_is_saved_once_and_can_be_deleted(client: TestClient, workbench: Workbench) -> None:
    drawing = png(seven())
    saved = client.post("/api/drawings/4", files={"picture": drawing}).json()
    assert client.post("/api/drawings/4", files={"picture": drawing}).json() == saved
    assert (workbench.drawings / "4" / saved["name"]).read_bytes() == drawing
    assert saved["counts"] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert client.delete(f"/api/drawings/4/{saved['name']}").status_code == 204
    assert client.get("/api/drawings").json()["counts"] == [0] * 10
    again = client.delete(f"/api/drawings/4/{saved['name']}")
    assert (again.status_code, "of a 4" in again.json()["error"]) == (400, True)


def test_other_files_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def error_of(picture: bytes) -> str:
        return str(client.post("/api/drawings/1", files={"picture": picture}).json()["error"])

    blank = png(np.full((30, 30), 255, np.uint8))
    assert "the drawing is refused: blank" in error_of(blank)
    assert "expected a PNG" in error_of(b"x")
    assert client.post("/api/drawings/10", files={"picture": blank}).status_code == 422
    with monkeypatch.context() as patched:
        patched.setattr(drawings, "MAX_BYTES", 100)
        assert "expected a PNG of at most 100" in error_of(png(seven()))
    monkeypatch.setattr(drawings, "MAX_DRAWINGS", 0)
    assert "the maximum; delete some" in error_of(png(seven()))


@pytest.mark.parametrize("name", ["..", "%2e%2e%2frecipe.json", "..%2f..%2fruns", "x.png"])
def test_only_drawings_can_be_deleted(client: TestClient, workbench: Workbench, name: str) -> None:
    (workbench.drawings / "4").mkdir(parents=True)
    before = sorted(workbench.runs.rglob("*"))
    assert client.delete(f"/api/drawings/4/{name}").status_code in {400, 404, 405}
    with pytest.raises(InklabError, match=r"there is no drawing .* of a 4"):
        Drawings(workbench.drawings).delete(4, f"../../runs/{FINISHED}/recipe.json")
    assert sorted(workbench.runs.rglob("*")) == before
