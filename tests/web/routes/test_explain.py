"""Explanations by HTTP: layers, activations, units, and attribution."""

from base64 import b64decode, b64encode

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.testing import assert_allclose, assert_array_equal
from web_pictures import png, seven
from web_visits import FINISHED

from inklab.explain.layers import LayerInspector
from inklab.explain.unit import explain_unit
from inklab.imaging import prepare_image
from inklab.recognition import Recognizer
from inklab.web import Workbench

IMAGE = np.asarray(prepare_image(seven()).image)
ENCODED = b64encode(IMAGE.tobytes()).decode()


@pytest.mark.parametrize("name", ["inklab", FINISHED])
def test_a_prediction_has_the_activations_of_every_layer(
    client: TestClient, workbench: Workbench, name: str
) -> None:
    layers = client.get("/api/explain/layers", params={"model": name}).json()["layers"]
    response = client.post("/api/explain/predict", files={"picture": png(seven())}, params={"model": name})
    explained = response.json()
    assert explained["image"] == ENCODED
    network = LayerInspector(workbench.artifact(name))
    image = np.frombuffer(b64decode(explained["image"]), np.uint8).reshape(28, 28)
    activations = network.activations(image)
    assert [layer["name"] for layer in layers] == [layer.name for layer in network.layers]
    for encoded, layer in zip(explained["activations"], network.layers, strict=True):
        values = np.frombuffer(b64decode(encoded), "<f4").reshape(layer.shape)
        assert_array_equal(values, activations[layer.output])
    if name == "inklab":
        assert explained["prediction"]["digit"] == 7


def test_a_unit_has_its_largest_terms_and_the_sum_of_the_others(client: TestClient) -> None:
    request = {"image": ENCODED, "layer": "conv2a", "map": 5, "row": 4, "column": 9}
    unit = client.post("/api/explain/unit", json=request).json()
    network = LayerInspector(Recognizer().artifact)
    activations = network.activations(IMAGE)
    layer = next(layer for layer in network.layers if layer.name == "conv2a")
    value = activations[layer.output][5, 4, 9]
    parts = explain_unit(layer, activations, 5, 4, 9).parts
    largest = np.argsort(-np.abs(parts))[:6]
    assert [term["map"] for term in unit["terms"]] == largest.tolist()
    sums = [term["sum"] for term in unit["terms"]]
    assert_allclose(sum(sums) + unit["other_sum"] + unit["bias"], value, rtol=1e-4)
    assert_allclose(unit["value"], value, rtol=1e-4)
    assert (len(sums), unit["other_maps"], sorted(sums, key=abs, reverse=True)) == (6, len(parts) - 6, sums)
    for term in unit["terms"]:
        product = np.sum(np.multiply(term["window"], term["kernel"]))
        assert_allclose(product, term["sum"], rtol=1e-6, atol=1e-9)


def test_attribution_is_for_the_requested_digit(client: TestClient) -> None:
    attribution = client.post("/api/explain/attribution", json={"image": ENCODED, "digit": 7}).json()
    assert (len(attribution["saliency"]), len(attribution["occlusion"])) == (784, 784)
    network = LayerInspector(Recognizer().artifact)
    logits = network.network(IMAGE[np.newaxis])
    expected = network.artifact.card.calibration.probabilities(logits)[0, 7]
    assert_allclose(attribution["probability"], expected)
    of_two = client.post("/api/explain/attribution", json={"image": ENCODED, "digit": 2}).json()
    assert of_two["probability"] < attribution["probability"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"image": b64encode(b"short").decode()}, 400, "the image has 5 bytes; expected 784, 28 x 28"),
        ({"image": "odd"}, 422, "body.image"),
        ({"layer": "conv9"}, 400, "the network has no layer 'conv9'; it has conv1, "),
        ({"map": 999}, 400, "conv2a has no map 999, row 4, column 9"),
        ({"model": "../x"}, 400, "not the name of a run"),
    ],
)
def test_a_unit_that_does_not_exist_is_refused(
    client: TestClient, changes: dict[str, object], status: int, error: str
) -> None:
    request = {"image": ENCODED, "layer": "conv2a", "map": 5, "row": 4, "column": 9, **changes}
    response = client.post("/api/explain/unit", json=request)
    assert response.status_code == status
    assert error in response.json()["error"]


def test_an_unreadable_picture_has_its_reason(client: TestClient) -> None:
    explained = client.post("/api/explain/predict", files={"picture": b"GIF8 and no more"}).json()
    prediction = explained["prediction"]
    assert (explained["image"], explained["activations"], prediction["digit"]) == (None, [], None)
    assert prediction["reason"].startswith("unreadable: ")
