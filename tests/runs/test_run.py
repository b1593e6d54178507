"""Run: create, open, and evaluate run folders; damaged folders are refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from small_runs import RECIPE, names_in, refused_in_one_line, train

from inklab.data import Dataset
from inklab.errors import InklabError, RecipeError, RunError
from inklab.models import build_network, predict_logits
from inklab.runs import Run, unique_path
from inklab.runs.run import FORMAT
from inklab.runs.tensors import write_tensors
from inklab.utils.hardware import this_machine

pytestmark = pytest.mark.usefixtures("one_thread")
pytest_plugins = ["small_runs"]


def full_disk(_descriptor: int) -> None:
    """Take the place of `os.fsync`."""
    raise OSError(28, "No space left on device")


class TestCreate:
    """New folders."""

    def test_what_recipe_json_holds(self, data: Dataset, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "runs" / "small", RECIPE, data)
        document = json.loads((folder.path / "recipe.json").read_bytes())
        assert document == {
            "format": FORMAT,
            "recipe": RECIPE.to_dict(),
            "data": {"source": "mnist", "checksum": data.checksum},
            "machine": this_machine().to_dict(),
        }
        assert list(document["machine"]) == ["processor", "threads", "features", "versions"]
        assert names_in(folder) == {"recipe.json"}

    def test_its_first_bytes(self, data: Dataset, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        assert (
            (folder.path / "recipe.json")
            .read_bytes()
            .startswith(
                b"""{
  "format": 2,
  "recipe": {
    "name": "small",
    "network": "softmax-regression",
    "network_options": {},
    "optimizer": "momentum",
    "learning_rate": 0.1,
    "schedule": "constant",
    "warmup_ratio": 0.3,
    "momentum": 0.9,
    "beta1": 0.9,
    "beta2": 0.999,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "max_weight_norm": 0.0,
    "ema_decay": 0.0,
    "augmentation": {
      "rotation": 0.0,
      "scale": 0.0,
      "shear": 0.0,
      "translate": 0.0,
      "crop": 0.0,
      "elastic_alpha": 0.0,
      "elastic_sigma": 4.0
    },
    "degradation": {
      "probability": 0.0,
      "stroke": 0.0,
      "blur": 0.0,
      "fade": 0.0,
      "stroke_gap": 0.0,
      "noise": 0.0
    },
    "redrawn_per_epoch": 0,
    "negatives_per_epoch": 0,
    "negative_pools": 1,
    "tta_views": 1,
    "members": [],
    "distillation": false,
    "batch_size": 10,
    "steps": 12,
    "precision": "float32",
    "seed": 0,
    "log_every": 5,
    "eval_every": 10
  },
  "data": {
    "source": "mnist",
    "checksum": """
            )
        )

    def test_open_gives_it_back(self, data: Dataset, tmp_path: Path) -> None:
        created = Run.create(str(tmp_path / "small"), RECIPE, data)
        assert Run.open(created.path) == Run.open(str(created.path)) == created
        assert not created.is_finished
        assert created.progress() == []

    def test_a_folder_of_data_is_kept_as_an_absolute_path(
        self, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert Run.create(tmp_path / "small", RECIPE, data, source="digits").source == str(
            tmp_path / "digits"
        )

    def test_a_folder_that_holds_something_is_refused(self, data: Dataset, tmp_path: Path) -> None:
        (tmp_path / "letter.txt").write_text("text")
        refused_in_one_line(
            lambda: Run.create(tmp_path, RECIPE, data),
            RunError,
            "is not empty; choose another name, or resume its run with --resume$",
        )
        assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]

    @pytest.mark.parametrize("place", ["file", "file/small"])
    def test_a_place_where_no_folder_can_be(self, place: str, data: Dataset, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("dear")
        refused_in_one_line(
            lambda: Run.create(tmp_path / place, RECIPE, data),
            InklabError,
            "^cannot make the folder .*; choose another place$",
        )

    def test_a_full_disk_leaves_a_folder_that_can_be_used(
        self, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full_disk)
            refused_in_one_line(
                lambda: Run.create(tmp_path / "small", RECIPE, data),
                InklabError,
                r"^cannot write .*recipe\.json: No space left on device",
            )
        Run.create(tmp_path / "small", RECIPE, data)

    def test_next_free(self, tmp_path: Path) -> None:
        assert unique_path(tmp_path, "a") == tmp_path / "a"
        for taken in ("a", "a-2", "a-4", "b-2", "c"):
            (tmp_path / taken).mkdir()
        assert unique_path(tmp_path, "a") == tmp_path / "a-3"
        assert unique_path(tmp_path, "c") == tmp_path / "c-2"
        assert unique_path(tmp_path, "b") == tmp_path / "b"
        assert unique_path(tmp_path / "none", "a") == tmp_path / "none" / "a"


class TestOpen:
    """Folders that are not runs, and every kind of damage to recipe.json."""

    @pytest.mark.parametrize("place", ["", "none", "letter.txt"])
    def test_no_run(self, place: str, tmp_path: Path) -> None:
        (tmp_path / "letter.txt").write_text("text")
        refused_in_one_line(
            lambda: Run.open(tmp_path / place),
            RunError,
            r"is not a run: it (has no recipe\.json|does not exist); `inklab train` creates runs$",
        )

    def test_a_recipe_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "recipe.json").mkdir()
        refused_in_one_line(
            lambda: Run.open(tmp_path), RunError, r"recipe\.json cannot be read: Is a directory$"
        )

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"\xff\xfe{}",
            b"null",
            b"[]",
            b"3",
            b"[" * 100_000,
            b'{"format": 2}',
        ],
    )
    def test_damage(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "recipe.json").write_bytes(content)
        refused_in_one_line(
            lambda: Run.open(tmp_path),
            RunError,
            r"recipe\.json is damaged; expected a file that `inklab train` wrote$",
        )

    @pytest.mark.parametrize(
        ("section", "value"),
        [
            ("recipe", None),
            ("recipe", 1),
            ("recipe", "small"),
            ("data", None),
            ("data", []),
            ("data", {"source": "mnist"}),
            ("data", {"checksum": 1}),
            ("machine", None),
            ("machine", 4),
        ],
    )
    def test_a_damaged_section(self, section: str, value: object, data: Dataset, tmp_path: Path) -> None:
        file = Run.create(tmp_path / "small", RECIPE, data).path / "recipe.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), section: value}))
        refused_in_one_line(
            lambda: Run.open(file.parent),
            RunError,
            r"recipe\.json is damaged; expected a file that `inklab train` wrote$",
        )

    @pytest.mark.parametrize("checksum", ["null", '"many"', "[]", "Infinity", "NaN"])
    def test_a_checksum_that_is_none(self, checksum: str, data: Dataset, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        file = folder.path / "recipe.json"
        file.write_text(file.read_text().replace(str(data.checksum), checksum))
        refused_in_one_line(lambda: Run.open(folder.path), RunError, r"recipe\.json is damaged")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"steps": 0}, "steps is 0; expected"),
            ({"network": "lenet"}, "network is 'lenet'; expected one of"),
            ({"learning_rate": None}, "learning_rate is None; expected a number"),
            ({"color": 1}, "a recipe has no field color; was it written by a newer inklab"),
        ],
    )
    def test_a_recipe_that_cannot_be_trained(
        self, change: dict[str, Any], message: str, data: Dataset, tmp_path: Path
    ) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        file = folder.path / "recipe.json"
        document = json.loads(file.read_text())
        file.write_text(json.dumps({**document, "recipe": {**document["recipe"], **change}}))
        refused_in_one_line(lambda: Run.open(folder.path), RecipeError, rf"recipe\.json: {message}")

    @pytest.mark.parametrize("number", [None, 1, 3, "2", [2]])
    def test_another_format_is_refused(self, number: object, data: Dataset, tmp_path: Path) -> None:
        file = Run.create(tmp_path / "small", RECIPE, data).path / "recipe.json"
        document = json.loads(file.read_text())
        if number is None:
            del document["format"]  # as the first version wrote it
        else:
            document["format"] = number
        file.write_text(json.dumps(document))
        refused_in_one_line(
            lambda: Run.open(file.parent),
            RunError,
            r"recipe\.json has format .*; (train the run again|update inklab)$",
        )

    def test_every_shortened_recipe_is_refused(self, data: Dataset, tmp_path: Path) -> None:
        file = Run.create(tmp_path / "small", RECIPE, data).path / "recipe.json"
        content = file.read_bytes()
        for length in range(0, len(content) - 2, 7):
            file.write_bytes(content[:length])
            refused_in_one_line(lambda: Run.open(file.parent), RunError, r"recipe\.json is damaged")


class TestModel:
    """The weights of a finished run."""

    def test_there_is_none_before_the_end(self, stopped: Run) -> None:
        refused_in_one_line(
            stopped.load_model,
            RunError,
            "its training has not ended; resume it with `inklab train --resume .*small`$",
        )

    def test_evaluate_is_of_the_split_that_is_named(self, unstopped: Run, data: Dataset) -> None:
        for split in (data.train, data.valid, data.test):
            report = unstopped.evaluate(data, split=split.name)
            answers = predict_logits(unstopped.load_model(), split.images).argmax(axis=1)
            assert (report.n, report.data, report.split) == (len(split), "few", split.name)
            assert report.errors == (answers != split.labels).sum()

    @pytest.mark.parametrize("damage", ["a byte", "cut short"])
    def test_damaged_weights(self, damage: str, finished: Run, data: Dataset) -> None:
        path = finished.path / "model.safetensors"
        content = bytearray(path.read_bytes())
        sound = finished.load_model().state_dict()
        if damage == "a byte":
            content[-2] ^= 1
        else:
            del content[-1]
        path.write_bytes(content)
        refused_in_one_line(
            finished.load_model,
            RunError,
            r"model\.safetensors (is damaged|cannot be read): .*; "
            "remove it and train again with `inklab train --resume .*small`$",
        )
        path.unlink()
        train(finished, data)
        for name, tensor in finished.load_model().state_dict().items():
            assert torch.equal(tensor, sound[name])

    @pytest.mark.parametrize("foreign", ["another network", "another shape"])
    def test_foreign_weights(self, foreign: str, finished: Run) -> None:
        if foreign == "another network":
            weights = build_network("lesson-cnn", seed=0).state_dict()
        else:
            weights = {"linear.weight": torch.zeros(10, 783), "linear.bias": torch.zeros(10)}
        write_tensors(finished.path / "model.safetensors", weights)
        refused_in_one_line(
            finished.load_model,
            RunError,
            r"model\.safetensors holds another network than softmax-regression; remove it",
        )
