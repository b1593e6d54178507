"""The recipes by HTTP, with their settings and layers."""

from fastapi.testclient import TestClient

from inklab.models import NETWORKS
from inklab.training import RECIPES
from inklab.web.services.recipe_settings import network_settings


def test_every_recipe_has_its_settings_and_its_layers(client: TestClient) -> None:
    recipes = {recipe["name"]: recipe for recipe in client.get("/api/recipes").json()}
    assert list(recipes) == list(RECIPES)
    options = {option["name"]: option["value"] for option in recipes["mlp-dropout"]["options"]}
    assert options == {"units": 2048, "hidden": 1, "dropout": 0.5, "input_dropout": 0.2}
    assert recipes["mcdnn"]["members"] == 7
    assert recipes["mcdnn"]["options"] == []  # each member has a width of its own
    for recipe in RECIPES.values():
        assert recipe.network in NETWORKS
        for setting in network_settings(recipe):
            assert setting.minimum <= setting.value <= setting.maximum
    request = {"recipe": "fast-99", "options": {"width": 4}}
    network = client.post("/api/recipes/layers", json=request).json()
    expected = {"name": "conv1", "kind": "Conv2d 3x3", "shape": [4, 28, 28], "parameters": 36}
    assert network["layers"][0] == expected


def test_an_option_that_differs_between_members_cannot_be_changed(client: TestClient) -> None:
    request = {"recipe": "committee", "options": {"digit_width": 14}}
    response = client.post("/api/recipes/layers", json=request)
    error = "the members of committee differ in digit_width, so it cannot be changed"
    assert (response.status_code, response.json()["error"]) == (400, error)
