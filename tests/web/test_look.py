"""What the Draw room asks of the service: layers, numbers, relevance, drawings."""

from base64 import b64decode, b64encode

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.testing import assert_allclose, assert_array_equal
from web_pictures import png, seven
from web_visits import FINISHED

from inklab.errors import InklabError
from inklab.explain.layers import LayerInspector
from inklab.explain.unit import explain_unit
from inklab.imaging import prepare_image
from inklab.recognition import Recognizer
from inklab.web import Workbench, drawings
from inklab.web.drawings import Drawings

IMAGE = np.asarray(prepare_image(seven()).image)
ENCODED = b64encode(IMAGE.tobytes()).decode()


@pytest.mark.parametrize("name", ["inklab", FINISHED])
def test_a_look_has_what_every_layer_makes_of_the_image(
    client: TestClient, workbench: Workbench, name: str
) -> None:
    layers = client.get("/api/draw/network", params={"network": name}).json()["layers"]
    look = client.post("/api/draw/look", files={"picture": png(seven())}, params={"network": name}).json()
    assert look["image"] == ENCODED
    network = LayerInspector(workbench.artifact(name))
    seen = network.activations(np.frombuffer(b64decode(look["image"]), np.uint8).reshape(28, 28))
    assert [layer["name"] for layer in layers] == [layer.name for layer in network.layers]
    for packed, layer in zip(look["layers"], network.layers, strict=True):
        assert_array_equal(np.frombuffer(b64decode(packed), "<f4").reshape(layer.shape), seen[layer.output])
    if name == "inklab":
        assert look["answer"]["digit"] == 7


def test_a_number_is_told_by_its_strongest_parts_and_the_sum_of_the_others(client: TestClient) -> None:
    asked = {"image": ENCODED, "layer": "conv2a", "map": 5, "row": 4, "column": 9}
    found = client.post("/api/draw/number", json=asked).json()
    network = LayerInspector(Recognizer().artifact)
    seen = network.activations(IMAGE)
    layer = next(one for one in network.layers if one.name == "conv2a")
    value = seen[layer.output][5, 4, 9]
    parts = explain_unit(layer, seen, 5, 4, 9).parts
    strongest = np.argsort(-np.abs(parts))[:6]
    assert [part["map"] for part in found["parts"]] == strongest.tolist()
    sums = [part["sum"] for part in found["parts"]]
    assert_allclose(sum(sums) + found["others_sum"] + found["bias"], value, rtol=1e-4)
    assert_allclose(found["value"], value, rtol=1e-4)
    assert (len(sums), found["others"], sorted(sums, key=abs, reverse=True)) == (6, len(parts) - 6, sums)
    for part in found["parts"]:
        assert_allclose(
            np.sum(np.multiply(part["window"], part["filter"])), part["sum"], rtol=1e-6, atol=1e-9
        )


def test_relevance_is_of_the_digit_that_was_asked_about(client: TestClient) -> None:
    found = client.post("/api/draw/relevance", json={"image": ENCODED, "digit": 7}).json()
    assert (len(found["saliency"]), len(found["occlusion"])) == (784, 784)
    opened = LayerInspector(Recognizer().artifact)
    logits = opened.network(IMAGE[np.newaxis])
    assert_allclose(found["probability"], opened.artifact.card.calibration.probabilities(logits)[0, 7])
    other = client.post("/api/draw/relevance", json={"image": ENCODED, "digit": 2}).json()
    assert other["probability"] < found["probability"]


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"image": b64encode(b"short").decode()}, 400, "the image has 5 bytes; expected 784, 28 x 28"),
        ({"image": "odd"}, 422, "body.image"),
        ({"layer": "conv9"}, 400, "'conv9' is no layer of it; it has conv1, "),
        ({"map": 999}, 400, "conv2a has no map 999, row 4, column 9; it has"),
        ({"network": "../x"}, 400, "no name of a run"),
    ],
)
def test_a_question_about_what_is_not_there_is_refused(
    client: TestClient, changed: dict[str, object], status: int, said: str
) -> None:
    asked = {"image": ENCODED, "layer": "conv2a", "map": 5, "row": 4, "column": 9, **changed}
    answer = client.post("/api/draw/number", json=asked)
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_a_picture_that_shows_nothing_has_its_reason(client: TestClient) -> None:
    look = client.post("/api/draw/look", files={"picture": b"GIF8 and no more"}).json()
    assert (look["image"], look["layers"], look["answer"]["digit"]) == (None, [], None)
    assert look["answer"]["reason"].startswith("unreadable: ")


def test_a_drawing_is_kept_once_and_can_be_taken_back(client: TestClient, workbench: Workbench) -> None:
    drawing = png(seven())
    kept = client.post("/api/drawings/4", files={"picture": drawing}).json()
    assert client.post("/api/drawings/4", files={"picture": drawing}).json() == kept
    assert (workbench.drawings / "4" / kept["name"]).read_bytes() == drawing
    assert kept["counts"] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert client.delete(f"/api/drawings/4/{kept['name']}").json()["counts"] == [0] * 10
    again = client.delete(f"/api/drawings/4/{kept['name']}")
    assert (again.status_code, "no drawing of a 4" in again.json()["error"]) == (400, True)


def test_what_is_no_drawing_is_not_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    blank = png(np.full((30, 30), 255, np.uint8))
    assert "no digit: blank" in client.post("/api/drawings/1", files={"picture": blank}).json()["error"]
    assert "expected a PNG" in client.post("/api/drawings/1", files={"picture": b"x"}).json()["error"]
    assert client.post("/api/drawings/10", files={"picture": blank}).status_code == 422
    monkeypatch.setattr(drawings, "MOST_BYTES", 100)
    assert (
        "expected a PNG of at most 100"
        in client.post("/api/drawings/1", files={"picture": png(seven())}).json()["error"]
    )
    monkeypatch.undo()
    monkeypatch.setattr(drawings, "MOST_DRAWINGS", 0)
    assert (
        "the most that are kept"
        in client.post("/api/drawings/1", files={"picture": png(seven())}).json()["error"]
    )


@pytest.mark.parametrize("name", ["..", "%2e%2e%2frecipe.json", "..%2f..%2fruns", "x.png"])
def test_only_drawings_can_be_removed(client: TestClient, workbench: Workbench, name: str) -> None:
    (workbench.drawings / "4").mkdir(parents=True)
    before = sorted(workbench.runs.rglob("*"))
    assert client.delete(f"/api/drawings/4/{name}").status_code in {400, 404, 405}
    with pytest.raises(InklabError, match="no drawing of a 4 is called"):
        Drawings(workbench.drawings).remove(4, f"../../runs/{FINISHED}/recipe.json")
    assert sorted(workbench.runs.rglob("*")) == before
