"""Predictions by HTTP: many pictures, hostile ones, limits, and the networks that predict."""

import json
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from web_pictures import png, seven
from web_visits import FINISHED

from inklab.recognition import Recognizer
from inklab.web import Workbench
from inklab.web.routes.predict import MAX_PICTURES


def read(client: TestClient, *pictures: bytes, **query: str) -> list[dict[str, object]]:
    files = [("pictures", (f"{number}.png", picture)) for number, picture in enumerate(pictures)]
    response = client.post("/api/read", files=files, params=query)
    assert response.status_code == 200, response.text
    predictions: list[dict[str, object]] = response.json()
    return predictions


def test_a_prediction_is_the_object_that_the_command_prints(client: TestClient) -> None:
    blank = np.full((50, 50), 255, np.uint8)
    predictions = read(client, png(seven()), png(blank), b"no picture", error_rate="0.001")
    expected = Recognizer().read(seven())
    assert predictions[0] == json.loads(json.dumps(expected.to_dict("0.png", error_rate=0.001)))
    assert (predictions[0]["digit"], predictions[0]["prediction_set"]) == (7, [7])
    assert (predictions[1]["digit"], predictions[1]["reason"]) == (None, "blank")
    assert str(predictions[2]["reason"]).startswith("unreadable: ")


def test_many_pictures_keep_their_order(client: TestClient) -> None:
    digit, blank = png(seven(28)), png(np.full((40, 40), 255, np.uint8))
    predictions = read(client, *[digit, blank] * 40)
    assert [each["picture"] for each in predictions] == [f"{number}.png" for number in range(80)]
    assert {str(each["reason"]) for each in predictions[1::2]} == {"blank"}


def test_a_run_predicts_too(client: TestClient) -> None:
    names = [model["name"] for model in client.get("/api/models").json()]
    assert names == ["inklab", FINISHED]
    (of_run,) = read(client, png(seven()), model=FINISHED)
    (of_shipped,) = read(client, png(seven()))
    assert of_run["probabilities"] != of_shipped["probabilities"]


@pytest.mark.parametrize(
    "name", ["../small", "/etc", "small/../small", "..", "", "nothing", "a\\b", "small/", "x" * 200, "\0"]
)
def test_the_name_of_a_network_cannot_leave_the_folder(client: TestClient, name: str) -> None:
    response = client.post("/api/read", files={"pictures": png(seven())}, params={"model": name})
    assert response.status_code == 400
    error = response.json()["error"]
    assert "not the name of a run" in error or "no run" in error or "not a run" in error


def test_a_link_out_of_the_folder_is_not_followed(
    client: TestClient, workbench: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    recipe = (workbench.runs / FINISHED / "recipe.json").read_bytes()
    (tmp_path / "elsewhere" / "recipe.json").write_bytes(recipe)
    (workbench.runs / "link").symlink_to(tmp_path / "elsewhere")
    response = client.post("/api/read", files={"pictures": png(seven())}, params={"model": "link"})
    assert (response.status_code, "not the name of a run" in response.json()["error"]) == (400, True)
    assert [model["name"] for model in client.get("/api/models").json()] == ["inklab", FINISHED]


def test_too_many_pictures_are_refused(client: TestClient) -> None:
    files = [("pictures", ("a.png", b"x"))] * (MAX_PICTURES + 1)
    response = client.post("/api/read", files=files)
    assert response.status_code == 422
    assert f"at most {MAX_PICTURES} items" in response.json()["error"]
    assert client.post("/api/read", files=files * 5).status_code == 400


def test_a_picture_with_too_many_pixels_is_unreadable(client: TestClient) -> None:
    bomb = png(np.zeros((1, 1), np.uint8))
    at = bomb.index(b"IHDR") + 4
    bomb = bomb[:at] + (100_000).to_bytes(4, "big") * 2 + bomb[at + 8 :]
    (prediction,) = read(client, bomb)
    assert str(prediction["reason"]).startswith("unreadable: ")


def test_a_missing_or_unknown_field_is_reported_in_one_line(client: TestClient) -> None:
    for response in (
        client.post("/api/read"),
        client.post("/api/read", files={"pictures": png(seven())}, params={"error_rate": "0.5"}),
        client.post(
            "/api/read", content=b"\xff", headers={"Content-Type": "multipart/form-data; boundary=b"}
        ),
        client.get("/api/nothing"),
        client.get("/api/read"),
        client.get("/static/../app.py"),
        client.get("/static/%2e%2e/app.py"),
    ):
        assert response.status_code in {400, 404, 405, 422}
        assert list(response.json()) == ["error"]
        assert "\n" not in response.json()["error"]
