"""The service that reads: many pictures, hostile ones, limits, and the networks that answer."""

import json

import numpy as np
import pytest
from fastapi.testclient import TestClient
from web_pictures import png, seven
from web_visits import FINISHED

from inklab.recognition import Recognizer
from inklab.web.reading import MOST_PICTURES


def read(client: TestClient, *pictures: bytes, **query: str) -> list[dict[str, object]]:
    files = [("pictures", (f"{number}.png", one)) for number, one in enumerate(pictures)]
    answer = client.post("/api/read", files=files, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()
    return found


def test_the_answer_is_what_the_command_prints(client: TestClient) -> None:
    blank = np.full((50, 50), 255, np.uint8)
    found = read(client, png(seven()), png(blank), b"no picture", error_rate="0.001")
    reading = Recognizer().read(seven())
    assert found[0] == json.loads(json.dumps(reading.to_dict("0.png", error_rate=0.001)))
    assert (found[0]["digit"], found[0]["prediction_set"]) == (7, [7])
    assert (found[1]["digit"], found[1]["reason"]) == (None, "blank")
    assert str(found[2]["reason"]).startswith("unreadable: the picture starts with 6e 6f")


def test_many_pictures_are_answered_in_their_order(client: TestClient) -> None:
    digit, blank = png(seven(28)), png(np.full((40, 40), 255, np.uint8))
    found = read(client, *[digit, blank] * 40)
    assert [one["picture"] for one in found] == [f"{number}.png" for number in range(80)]
    assert {str(one["reason"]) for one in found[1::2]} == {"blank"}


def test_a_run_reads_too(client: TestClient) -> None:
    names = [model["name"] for model in client.get("/api/models").json()]
    assert names == ["inklab", FINISHED]
    (found,) = read(client, png(seven()), model=FINISHED)
    (shipped,) = read(client, png(seven()))
    assert found["probabilities"] != shipped["probabilities"]


@pytest.mark.parametrize(
    "name", ["../small", "/etc", "small/../small", "..", "", "nothing", "a\\b", "small/", "x" * 200, "\0"]
)
def test_the_name_of_a_network_cannot_leave_the_folder(client: TestClient, name: str) -> None:
    answer = client.post("/api/read", files={"pictures": png(seven())}, params={"model": name})
    assert answer.status_code == 400
    assert "no name of a run" in answer.json()["error"] or "is no run" in answer.json()["error"]


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, workbench, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "recipe.json").write_bytes(
        (workbench.runs / FINISHED / "recipe.json").read_bytes()
    )
    (workbench.runs / "link").symlink_to(tmp_path / "elsewhere")
    answer = client.post("/api/read", files={"pictures": png(seven())}, params={"model": "link"})
    assert (answer.status_code, "no name of a run" in answer.json()["error"]) == (400, True)
    assert [model["name"] for model in client.get("/api/models").json()] == ["inklab", FINISHED]


def test_more_pictures_than_fit_are_refused(client: TestClient) -> None:
    files = [("pictures", ("a.png", b"x"))] * (MOST_PICTURES + 1)
    answer = client.post("/api/read", files=files)
    assert answer.status_code == 422
    assert f"at most {MOST_PICTURES} items" in answer.json()["error"]
    assert client.post("/api/read", files=files * 5).status_code == 400


def test_a_picture_with_more_pixels_than_are_read_is_told(client: TestClient) -> None:
    bomb = png(np.zeros((1, 1), np.uint8))
    at = bomb.index(b"IHDR") + 4
    bomb = bomb[:at] + (100_000).to_bytes(4, "big") * 2 + bomb[at + 8 :]
    (found,) = read(client, bomb)
    assert str(found["reason"]).startswith("unreadable: ")


def test_what_is_missing_or_unknown_is_told_in_one_line(client: TestClient) -> None:
    for answer in (
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
        assert answer.status_code in {400, 404, 405, 422}
        assert list(answer.json()) == ["error"]
        assert "\n" not in answer.json()["error"]
