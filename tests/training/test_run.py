"""Run: the folder of a training, whatever happens to it."""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from numpy.testing import assert_array_equal

from inklab.data import DataSet
from inklab.errors import InklabError, RecipeError, RunError, TrainingError
from inklab.files import PARTIAL
from inklab.machine import this_machine
from inklab.models import build_network, predict_logits
from inklab.training import Recipe, Run, Training, loop, next_free
from inklab.training.tensors import write_tensors

RECIPE = Recipe(
    name="small",
    network="softmax-regression",
    optimizer="momentum",
    learning_rate=0.1,
    batch_size=10,
    steps=12,
    report_every=5,
    valid_every=10,
)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(mnist: DataSet) -> DataSet:
    """A few images of each split, so that an epoch ends in the middle of a batch."""
    return DataSet("few", mnist.train[:45], mnist.valid[:20], mnist.test[:20])


def stop_after(training: Training, step: int) -> None:
    """Let the training be stopped while this step is under way."""
    training.optimizer.register_step_post_hook(
        lambda *_: training.stop() if training.step == step - 1 else None
    )


def train(folder: Run, data: DataSet, *, until: int | None = None) -> Training:
    """Train in a new or stopped run, to its end or until this step is done."""
    training = folder.resume(data)
    if until is not None:
        stop_after(training, until)
    for _ in folder.record(training):
        pass
    return training


@pytest.fixture(scope="module")
def unstopped(data: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of `RECIPE`; look, don't touch."""
    folder = Run.create(tmp_path_factory.mktemp("unstopped") / "small", RECIPE, data)
    train(folder, data)
    return folder


@pytest.fixture
def finished(data: DataSet, tmp_path: Path) -> Run:
    """A finished run of one step, to be damaged."""
    folder = Run.create(tmp_path / "small", replace(RECIPE, steps=1), data)
    train(folder, data)
    return folder


@pytest.fixture
def stopped(data: DataSet, tmp_path: Path) -> Run:
    """A run of `RECIPE` that was stopped after seven steps."""
    folder = Run.create(tmp_path / "small", RECIPE, data)
    train(folder, data, until=7)
    return folder


def names_in(folder: Run) -> set[str]:
    return {str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_file()}


def untimed(folder: Run) -> list[dict[str, float]]:
    return [
        {key: value for key, value in one.to_dict().items() if key not in {"elapsed_s", "images_per_s"}}
        for one in folder.progress()
    ]


def assert_same_result(mine: Run, other: Run) -> None:
    assert untimed(mine) == untimed(other)
    expected = other.load_model().state_dict()
    for name, tensor in mine.load_model().state_dict().items():
        assert_array_equal(tensor.numpy(), expected[name].numpy(), strict=True)
    weights = "model.safetensors"
    assert (mine.path / weights).read_bytes() == (other.path / weights).read_bytes()


def refused_in_one_line(action: Callable[[], object], kind: type[InklabError], message: str) -> None:
    with pytest.raises(kind) as refusal:
        action()
    assert type(refusal.value) is kind
    assert "\n" not in str(refusal.value)
    assert re.search(message, str(refusal.value)), str(refusal.value)


class TestCreate:
    """New folders."""

    def test_what_recipe_json_holds(self, data: DataSet, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "runs" / "small", RECIPE, data)
        document = json.loads((folder.path / "recipe.json").read_bytes())
        assert document == {
            "recipe": RECIPE.to_dict(),
            "data": {"source": "mnist", "checksum": data.checksum},
            "machine": this_machine().to_dict(),
        }
        assert list(document["machine"]) == ["processor", "threads", "features", "versions"]
        assert names_in(folder) == {"recipe.json"}

    def test_its_first_bytes(self, data: DataSet, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        assert (
            (folder.path / "recipe.json")
            .read_bytes()
            .startswith(
                b"""{
  "recipe": {
    "name": "small",
    "network": "softmax-regression",
    "network_options": {},
    "optimizer": "momentum",
    "learning_rate": 0.1,
    "schedule": "constant",
    "warmup": 0.3,
    "momentum": 0.9,
    "second_momentum": 0.999,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "max_norm": 0.0,
    "averaging": 0.0,
    "augmentation": {
      "rotation": 0.0,
      "scale": 0.0,
      "shear": 0.0,
      "shift": 0.0,
      "crop": 0.0,
      "elastic": 0.0,
      "smoothness": 4.0
    },
    "wear": {
      "share": 0.0,
      "stroke": 0.0,
      "blur": 0.0,
      "fading": 0.0,
      "gap": 0.0,
      "noise": 0.0
    },
    "nothing": 0,
    "views": 1,
    "columns": [],
    "taught": false,
    "batch_size": 10,
    "steps": 12,
    "precision": "float32",
    "seed": 0,
    "report_every": 5,
    "valid_every": 10
  },
  "data": {
    "source": "mnist",
    "checksum": """
            )
        )

    def test_open_gives_it_back(self, data: DataSet, tmp_path: Path) -> None:
        created = Run.create(tmp_path / "small", RECIPE, data)
        assert Run.open(created.path) == created
        assert not created.is_finished
        assert created.progress() == []

    def test_a_folder_of_data_is_kept_as_an_absolute_path(
        self, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert Run.create(tmp_path / "small", RECIPE, data, source="digits").source == str(
            tmp_path / "digits"
        )

    def test_a_folder_that_holds_something_is_refused(self, data: DataSet, tmp_path: Path) -> None:
        (tmp_path / "letter.txt").write_text("dear")
        refused_in_one_line(
            lambda: Run.create(tmp_path, RECIPE, data),
            RunError,
            "is not empty; choose another name, or resume what is in it with --resume$",
        )
        assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]

    @pytest.mark.parametrize("place", ["file", "file/small"])
    def test_a_place_where_no_folder_can_be(self, place: str, data: DataSet, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("dear")
        refused_in_one_line(
            lambda: Run.create(tmp_path / place, RECIPE, data),
            InklabError,
            "^cannot make the folder .*; choose another place$",
        )

    def test_a_full_disk_leaves_a_folder_that_can_be_used(
        self, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
        assert next_free(tmp_path, "a") == tmp_path / "a"
        for taken in ("a", "a-2", "a-4", "b-2", "c"):
            (tmp_path / taken).mkdir()
        assert next_free(tmp_path, "a") == tmp_path / "a-3"
        assert next_free(tmp_path, "c") == tmp_path / "c-2"
        assert next_free(tmp_path, "b") == tmp_path / "b"
        assert next_free(tmp_path / "none", "a") == tmp_path / "none" / "a"


def full_disk(_descriptor: int) -> None:
    """Take the place of `os.fsync`."""
    raise OSError(28, "No space left on device")


class TestOpen:
    """What is no run, and recipe.json in every state of decay."""

    @pytest.mark.parametrize("place", ["", "none", "letter.txt"])
    def test_no_run(self, place: str, tmp_path: Path) -> None:
        (tmp_path / "letter.txt").write_text("dear")
        refused_in_one_line(
            lambda: Run.open(tmp_path / place),
            RunError,
            r"is no run: it has no recipe\.json; runs are made by `inklab train`$",
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
            b"{}",
        ],
    )
    def test_damage(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "recipe.json").write_bytes(content)
        refused_in_one_line(
            lambda: Run.open(tmp_path),
            RunError,
            r"recipe\.json is damaged; expected what `inklab train` wrote$",
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
    def test_a_damaged_section(self, section: str, value: object, data: DataSet, tmp_path: Path) -> None:
        file = Run.create(tmp_path / "small", RECIPE, data).path / "recipe.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), section: value}))
        refused_in_one_line(
            lambda: Run.open(file.parent),
            RunError,
            r"recipe\.json is damaged; expected what `inklab train` wrote$",
        )

    @pytest.mark.parametrize("checksum", ["null", '"many"', "[]", "Infinity", "NaN"])
    def test_a_checksum_that_is_none(self, checksum: str, data: DataSet, tmp_path: Path) -> None:
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
            ({"colour": 1}, "a recipe has no field colour; was it written by a newer inklab"),
        ],
    )
    def test_a_recipe_that_cannot_be_trained(
        self, change: dict[str, Any], message: str, data: DataSet, tmp_path: Path
    ) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        file = folder.path / "recipe.json"
        document = json.loads(file.read_text())
        file.write_text(json.dumps({**document, "recipe": {**document["recipe"], **change}}))
        refused_in_one_line(lambda: Run.open(folder.path), RecipeError, rf"recipe\.json: {message}")

    def test_every_shortened_recipe_is_refused(self, data: DataSet, tmp_path: Path) -> None:
        file = Run.create(tmp_path / "small", RECIPE, data).path / "recipe.json"
        content = file.read_bytes()
        for length in range(0, len(content) - 2, 7):
            file.write_bytes(content[:length])
            refused_in_one_line(lambda: Run.open(file.parent), RunError, r"recipe\.json is damaged")


class TestRecord:
    """What training leaves in the folder, as it goes."""

    def test_every_report_is_there_when_it_is_yielded(self, data: DataSet, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        seen = []
        for progress in folder.record(folder.resume(data)):
            seen.append(progress)
            assert Run.open(folder.path).progress() == seen
            assert not folder.is_finished
        assert [one.step for one in seen] == [0, 5, 10, 12]
        assert [one.valid_loss is not None for one in seen] == [True, False, True, True]
        assert folder.progress() == seen

    def test_what_is_left_at_the_end(self, unstopped: Run, data: DataSet) -> None:
        assert unstopped.is_finished
        assert {path.name for path in unstopped.path.iterdir()} == {
            "recipe.json",
            "metrics.jsonl",
            "model.safetensors",
        }
        training = Training(RECIPE, data.train)
        list(training)
        expected = training.model.state_dict()
        model = unstopped.load_model()
        assert not model.training
        for name, tensor in model.state_dict().items():
            assert_array_equal(tensor.numpy(), expected[name].numpy(), strict=True)

    def test_the_bytes_of_the_metrics(
        self, mnist: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # At zero weights each of the ten digits has the probability 0.1, so the loss is log 10; the answer
        # is 0, right for one of these four images. A step takes a second by this clock.
        four = mnist.train[[int((mnist.train.labels == digit).argmax()) for digit in (0, 3, 5, 9)]]
        clock = iter(range(10))
        monkeypatch.setattr(loop, "perf_counter", lambda: float(next(clock)))
        recipe = replace(RECIPE, steps=1, batch_size=4)
        folder = Run.create(tmp_path / "small", recipe, DataSet("four", four, four, four))
        train(folder, DataSet("four", four, four, four))
        first, second, end = (folder.path / "metrics.jsonl").read_bytes().split(b"\n")
        assert first == (
            b'{"step": 0, "epoch": 0.0, "loss": 2.3025851249694824, "accuracy": 0.25, "elapsed_s": 0.0, '
            b'"images_per_s": 0.0, "valid_loss": 2.302585092994046, "valid_accuracy": 0.25}'
        )
        assert second.startswith(b'{"step": 1, "epoch": 1.0, "loss": ')
        assert b', "elapsed_s": 1.0, "images_per_s": 4.0, ' in second
        assert end == b""

    def test_a_checkpoint_every_half_minute(
        self, data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        folder = Run.create(tmp_path / "small", replace(RECIPE, report_every=1), data)
        checkpoint = folder.path / "checkpoint"
        written = []
        for progress in folder.record(folder.resume(data)):
            if checkpoint.exists():
                written.append((progress.step, (checkpoint / "state.safetensors").stat().st_mtime_ns))
            now += 16
        # 32 s have passed when step 1 is reported and read, and again with steps 3, 5, 7, 9 and 11.
        assert [step for step, _ in written] == list(range(2, 13))
        assert len({when for _, when in written}) == 6
        assert not checkpoint.exists()

    def test_a_training_that_was_stopped(self, stopped: Run) -> None:
        assert names_in(stopped) == {"recipe.json", "metrics.jsonl", "checkpoint/state.safetensors"}
        assert not stopped.is_finished
        assert [one.step for one in stopped.progress()] == [0, 5]

    def test_stopped_in_its_last_step_it_is_finished(
        self, data: DataSet, tmp_path: Path, unstopped: Run
    ) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        train(folder, data, until=RECIPE.steps)
        assert_same_result(folder, unstopped)

    def test_a_loss_that_is_no_number(self, data: DataSet, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        train(folder, data, until=7)
        training = folder.resume(data)
        with torch.no_grad():
            next(training.model.parameters())[0, 400] = float("nan")
        refused_in_one_line(
            lambda: list(folder.record(training)),
            TrainingError,
            r"after step 10; start anew with a smaller learning rate than 0\.1, such as 0\.01$",
        )
        assert not folder.is_finished
        assert folder.resume(data).step == 7

    def test_leftovers_of_a_killed_process_are_swept(self, stopped: Run, data: DataSet) -> None:
        for name in (f".metrics.jsonl.x{PARTIAL}", f"checkpoint/.state.safetensors.y{PARTIAL}"):
            (stopped.path / name).write_bytes(b"half")
        (stopped.path / "notes.txt").write_text("mine")
        (stopped.path / f"mine{PARTIAL}").write_text("mine")
        train(stopped, data)
        assert names_in(stopped) == {
            "recipe.json",
            "metrics.jsonl",
            "model.safetensors",
            "notes.txt",
            f"mine{PARTIAL}",
        }

    def test_two_trainings_in_one_folder(self, data: DataSet, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        first = folder.record(folder.resume(data))
        next(first)
        refused_in_one_line(
            lambda: next(folder.record(folder.resume(data))),
            RunError,
            "^another process is training in .*; wait for it or stop it$",
        )
        assert [one.step for one in first] == [5, 10, 12]  # and the first goes on unharmed

    def test_the_folder_is_free_again(self, stopped: Run, data: DataSet) -> None:
        reports = stopped.record(stopped.resume(data))
        next(reports)
        del reports  # as a loop does that is left by a break or an error
        train(stopped, data)

    @pytest.mark.parametrize("error", [BlockingIOError, KeyboardInterrupt])
    def test_an_error_in_the_loop_is_passed_on(
        self, error: type[BaseException], stopped: Run, data: DataSet
    ) -> None:
        training = stopped.resume(data)

        def fail(*_: object) -> None:
            raise error

        training.optimizer.register_step_post_hook(fail)
        with pytest.raises(error):
            list(stopped.record(training))


class TestFullDisk:
    """A disk that fills up, and a folder that lets nothing in."""

    def test_the_checkpoint_stays_as_it_was(
        self, stopped: Run, data: DataSet, unstopped: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checkpoint = stopped.path / "checkpoint" / "state.safetensors"
        old = checkpoint.read_bytes()
        for limit in (11, RECIPE.steps + 1):  # stopped once more, and at its end
            training = stopped.resume(data)
            stop_after(training, limit)
            reports = stopped.record(training)
            next(reports)
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", full_disk)
                refused_in_one_line(
                    partial(list, reports),
                    InklabError,
                    r"^cannot write .*\.safetensors: No space left on device; ",
                )
            assert checkpoint.read_bytes() == old
            assert names_in(stopped) == {"recipe.json", "metrics.jsonl", "checkpoint/state.safetensors"}
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
    def test_the_metrics(self, stopped: Run, data: DataSet, unstopped: Run) -> None:
        metrics = stopped.path / "metrics.jsonl"
        reports = stopped.record(stopped.resume(data))
        next(reports)
        sound = metrics.read_bytes()
        metrics.unlink()
        metrics.symlink_to("/dev/full")
        refused_in_one_line(
            lambda: next(reports),
            InklabError,
            r"^cannot write .*metrics\.jsonl: No space left on device; make room",
        )
        metrics.unlink()
        metrics.write_bytes(sound + b'{"step": 12, "ep')
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    def test_no_room_for_the_checkpoint_folder(self, data: DataSet, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        (folder.path / "checkpoint").write_text("a file in its place")
        refused_in_one_line(
            lambda: train(folder, data, until=3),
            InklabError,
            "^cannot make the folder .*checkpoint: File exists; move it away, or make room$",
        )

    def test_more_in_the_checkpoint_folder_than_we_put_there(self, stopped: Run, data: DataSet) -> None:
        (stopped.path / "checkpoint" / ".DS_Store").write_bytes(b"")
        train(stopped, data)
        assert names_in(stopped) == {"recipe.json", "metrics.jsonl", "model.safetensors"}


class TestResume:
    """Going on where it was left."""

    @pytest.mark.parametrize("stops", [(7,), (5,), (1, 4, 11)])  # between reports, at one, several
    def test_it_equals_the_run_that_was_never_stopped(
        self, stops: tuple[int, ...], data: DataSet, tmp_path: Path, unstopped: Run
    ) -> None:
        Run.create(tmp_path / "small", RECIPE, data)
        for step in stops:
            assert train(Run.open(tmp_path / "small"), data, until=step).step == step
        train(Run.open(tmp_path / "small"), data)
        assert_same_result(Run.open(tmp_path / "small"), unstopped)

    def test_time_goes_on(self, stopped: Run, data: DataSet) -> None:
        training = stopped.resume(data)
        before = training.elapsed_s
        assert before > 0
        *_, last = stopped.record(training)
        assert last.elapsed_s > before

    def test_without_a_checkpoint_it_starts_again(self, stopped: Run, data: DataSet, unstopped: Run) -> None:
        (stopped.path / "checkpoint" / "state.safetensors").unlink()
        assert stopped.resume(data).step == 0
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    def test_a_finished_run_is_refused(self, unstopped: Run, data: DataSet) -> None:
        refused_in_one_line(
            lambda: unstopped.resume(data), RunError, "is finished; look at it with `inklab evaluate .*`$"
        )

    def test_other_data_are_refused(self, stopped: Run, data: DataSet) -> None:
        other = DataSet("other", data.train[1:], data.valid, data.test)
        refused_in_one_line(
            lambda: stopped.resume(other),
            RunError,
            "was started on other data, mnist as it was then; put those back, or start a new run$",
        )

    @pytest.mark.parametrize("damage", ["a byte in the middle", "a byte of the step", "cut short", "emptied"])
    def test_a_damaged_checkpoint(self, damage: str, stopped: Run, data: DataSet, unstopped: Run) -> None:
        path = stopped.path / "checkpoint" / "state.safetensors"
        content = bytearray(path.read_bytes())
        match damage:
            case "a byte in the middle":
                content[len(content) // 2] ^= 1
            case "a byte of the step":
                content[content.index(b'step\\": 7') + len(b'step\\": ')] ^= 1  # 7 becomes 6
            case "cut short":
                del content[-100:]
            case _:
                content.clear()
        path.write_bytes(content)
        others = {name: (stopped.path / name).read_bytes() for name in ("recipe.json", "metrics.jsonl")}
        refused_in_one_line(
            lambda: stopped.resume(data),
            RunError,
            r"state\.safetensors (is damaged|cannot be read): .*; "
            "remove .*checkpoint to train again from the first step$",
        )
        for name, bytes_before in others.items():
            assert (stopped.path / name).read_bytes() == bytes_before
        path.unlink()  # as it says, near enough
        path.parent.rmdir()
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    def test_a_checkpoint_past_the_last_step(self, stopped: Run, data: DataSet) -> None:
        file = stopped.path / "recipe.json"
        file.write_text(file.read_text().replace('"steps": 12', '"steps": 6'))
        refused_in_one_line(
            lambda: Run.open(stopped.path).resume(data), RunError, "at step 7, past the 6 steps .*; remove "
        )


class TestProgress:
    """The metrics of a folder, after a crash or worse."""

    @pytest.mark.parametrize("torn", [b"{", b'{"step": 5, "epoch": 1.1', b'{"step": 5}', b"\x00"])
    def test_a_torn_last_line_is_passed_over(
        self, torn: bytes, stopped: Run, data: DataSet, unstopped: Run
    ) -> None:
        with (stopped.path / "metrics.jsonl").open("ab") as file:
            file.write(torn)
        assert [one.step for one in stopped.progress()] == [0, 5]
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"{",
            b"3",
            b"null",
            b"[]",
            b'{"step": 0}',
            b'{"step": 0, "epoch": 0, "loss": 1, "accuracy": 1, "elapsed_s": 0, "images_per_s": "many"}',
            b'{"step": 0, "epoch": 0, "loss": 1, "accuracy": 1, "elapsed_s": 0, "images_per_s": 0, "a": 1}',
        ],
    )
    def test_a_damaged_line_is_refused(self, line: bytes, stopped: Run, data: DataSet) -> None:
        path = stopped.path / "metrics.jsonl"
        first, second, end = path.read_bytes().split(b"\n")
        path.write_bytes(b"\n".join([first, line, second, end]))
        message = r"^line 2 of .*metrics\.jsonl is damaged; remove it to go on without it$"
        refused_in_one_line(stopped.progress, RunError, message)
        refused_in_one_line(lambda: train(stopped, data), RunError, message)
        assert path.read_bytes() == b"\n".join([first, line, second, end])

    def test_metrics_that_cannot_be_read(self, stopped: Run) -> None:
        path = stopped.path / "metrics.jsonl"
        path.write_bytes(b"\xff\n")
        refused_in_one_line(stopped.progress, RunError, r"metrics\.jsonl cannot be read: ")
        path.unlink()
        path.mkdir()
        refused_in_one_line(stopped.progress, RunError, r"metrics\.jsonl cannot be read: ")


class TestModel:
    """The weights of a finished run."""

    def test_there_is_none_before_the_end(self, stopped: Run) -> None:
        refused_in_one_line(
            stopped.load_model,
            RunError,
            "its training has not ended; go on with `inklab train --resume .*small`$",
        )

    def test_evaluate_is_of_the_split_that_is_named(self, unstopped: Run, data: DataSet) -> None:
        for split in (data.train, data.valid, data.test):
            report = unstopped.evaluate(data, split=split.name)
            answers = predict_logits(unstopped.load_model(), split.images).argmax(axis=1)
            assert (report.n, report.data, report.split) == (len(split), "few", split.name)
            assert report.errors == (answers != split.labels).sum()

    @pytest.mark.parametrize("damage", ["a byte", "cut short"])
    def test_damaged_weights(self, damage: str, finished: Run, data: DataSet) -> None:
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


CHILD = """
import sys, time
from pathlib import Path
import torch
from inklab.data import DataSet, load_mnist
from inklab.training import Run, run

torch.set_num_threads(1)
run.CHECKPOINT_EVERY_S = 0  # after every report, so that a kill is likely to meet one half written
mnist = load_mnist()
folder = Run.open(Path(sys.argv[1]))
training = folder.resume(DataSet("few", mnist.train[:45], mnist.valid[:20], mnist.test[:20]))
print("at", training.step, flush=True)
for progress in folder.record(training):
    print(progress.step, flush=True)
    while progress.step >= int(sys.argv[2]):  # wait to be killed
        time.sleep(1)
"""


def test_killed_at_any_moment_it_resumes_to_the_same_bits(data: DataSet, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=400, report_every=1, valid_every=50)
    unstopped = Run.create(tmp_path / "unstopped", recipe, data)
    train(unstopped, data)

    folder = Run.create(tmp_path / "killed", recipe, data)
    moment = random.Random(8)
    for bound in (150, 390):
        command = [sys.executable, "-c", CHILD, str(folder.path), str(bound)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            try:
                assert child.stdout is not None
                assert child.stdout.readline().startswith("at ")
                assert len([child.stdout.readline() for _ in range(3)]) == 3  # it trains
                refused_in_one_line(
                    lambda: next(folder.record(folder.resume(data))), RunError, "^another process is training"
                )
                time.sleep(moment.uniform(0, 0.1))
            finally:
                child.kill()
        assert child.returncode == -9
        assert not folder.is_finished

    resumed = folder.resume(data)
    assert 0 < resumed.step <= 390
    for _ in folder.record(resumed):
        pass
    assert_same_result(folder, unstopped)
    assert names_in(folder) == {"recipe.json", "metrics.jsonl", "model.safetensors"}


def test_what_a_killed_process_left_does_not_fill_a_folder(data: DataSet, tmp_path: Path) -> None:
    (tmp_path / f".recipe.json.abc{PARTIAL}").touch()
    assert Run.create(tmp_path, RECIPE, data).recipe == RECIPE
