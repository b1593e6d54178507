"""Training in a run folder: its files while the training runs, is stopped, killed, or resumed."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from numpy.testing import assert_array_equal
from small_runs import RECIPE, assert_same_result, names_in, refused_in_one_line, stop_after, train

from inklab.data import Dataset
from inklab.errors import InklabError, RunError, TrainingError
from inklab.models import build_network
from inklab.runs import Run
from inklab.training import Training
from inklab.utils.atomic import PARTIAL_SUFFIX

pytestmark = pytest.mark.usefixtures("one_thread")
pytest_plugins = ["small_runs"]


def full_disk(_descriptor: int) -> None:
    """Take the place of `os.fsync`."""
    raise OSError(28, "No space left on device")


class TestTrain:
    """The files that training writes."""

    def test_every_report_is_there_when_it_is_yielded(self, data: Dataset, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        reports = []
        for progress in folder.train(folder.resume(data)):
            reports.append(progress)
            assert Run.open(folder.path).progress() == reports
            assert not folder.is_finished
        assert [progress.step for progress in reports] == [0, 5, 10, 12]
        assert [progress.valid_loss is not None for progress in reports] == [True, False, True, True]
        assert folder.progress() == reports

    def test_the_files_of_a_finished_run(self, unstopped: Run, data: Dataset) -> None:
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

    def test_a_checkpoint_every_half_minute(
        self, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: now)
        folder = Run.create(tmp_path / "small", replace(RECIPE, log_every=1), data)
        checkpoint = folder.path / "checkpoint"
        written = []
        for progress in folder.train(folder.resume(data)):
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
        assert [progress.step for progress in stopped.progress()] == [0, 5]

    def test_stopped_in_its_last_step_it_is_finished(
        self, data: Dataset, tmp_path: Path, unstopped: Run
    ) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        train(folder, data, until=RECIPE.steps)
        assert_same_result(folder, unstopped)

    def test_a_loss_that_is_not_a_number(self, data: Dataset, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        train(folder, data, until=7)
        training = folder.resume(data)
        with torch.no_grad():
            next(training.model.parameters())[0, 400] = float("nan")
        refused_in_one_line(
            lambda: list(folder.train(training)),
            TrainingError,
            r"is no longer a number after step 10; .* with a smaller learning rate than 0\.1, such as 0\.01$",
        )
        assert not folder.is_finished
        assert folder.resume(data).step == 7

    def test_leftovers_of_a_killed_process_are_removed(self, stopped: Run, data: Dataset) -> None:
        for name in (f".metrics.jsonl.x{PARTIAL_SUFFIX}", f"checkpoint/.state.safetensors.y{PARTIAL_SUFFIX}"):
            (stopped.path / name).write_bytes(b"half")
        (stopped.path / "notes.txt").write_text("mine")
        (stopped.path / f"mine{PARTIAL_SUFFIX}").write_text("mine")
        train(stopped, data)
        assert names_in(stopped) == {
            "recipe.json",
            "metrics.jsonl",
            "model.safetensors",
            "notes.txt",
            f"mine{PARTIAL_SUFFIX}",
        }

    def test_two_trainings_in_one_folder(self, data: Dataset, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        first = folder.train(folder.resume(data))
        next(first)
        refused_in_one_line(
            lambda: next(folder.train(folder.resume(data))),
            RunError,
            "^another process is at work in .*; wait for it or stop it$",
        )
        assert [progress.step for progress in first] == [5, 10, 12]  # the first one continues

    def test_the_folder_is_free_again(self, stopped: Run, data: Dataset) -> None:
        reports = stopped.train(stopped.resume(data))
        next(reports)
        del reports  # as after a break or an error in the loop
        train(stopped, data)

    @pytest.mark.parametrize("error", [BlockingIOError, KeyboardInterrupt])
    def test_an_error_in_the_loop_is_raised(
        self, error: type[BaseException], stopped: Run, data: Dataset
    ) -> None:
        training = stopped.resume(data)

        def fail(*_: object) -> None:
            raise error

        training.optimizer.register_step_post_hook(fail)
        with pytest.raises(error):
            list(stopped.train(training))


class TestFullDisk:
    """A full disk, and a folder that cannot be written to."""

    def test_the_checkpoint_stays_as_it_was(
        self, stopped: Run, data: Dataset, unstopped: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checkpoint = stopped.path / "checkpoint" / "state.safetensors"
        old = checkpoint.read_bytes()
        for limit in (11, RECIPE.steps + 1):  # stopped once more, and at its end
            training = stopped.resume(data)
            stop_after(training, limit)
            reports = stopped.train(training)
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
    def test_the_metrics(self, stopped: Run, data: Dataset, unstopped: Run) -> None:
        metrics = stopped.path / "metrics.jsonl"
        reports = stopped.train(stopped.resume(data))
        next(reports)
        sound = metrics.read_bytes()
        metrics.unlink()
        metrics.symlink_to("/dev/full")
        refused_in_one_line(
            lambda: next(reports),
            InklabError,
            r"^cannot write .*metrics\.jsonl: No space left on device; free some space",
        )
        metrics.unlink()
        metrics.write_bytes(sound + b'{"step": 12, "ep')
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    def test_no_room_for_the_checkpoint_folder(self, data: Dataset, tmp_path: Path) -> None:
        folder = Run.create(tmp_path / "small", RECIPE, data)
        (folder.path / "checkpoint").write_text("a file in its place")
        refused_in_one_line(
            lambda: train(folder, data, until=3),
            InklabError,
            "^cannot make the folder .*checkpoint: File exists; move it away, or free space$",
        )

    def test_other_files_in_the_checkpoint_folder(self, stopped: Run, data: Dataset) -> None:
        (stopped.path / "checkpoint" / ".DS_Store").write_bytes(b"")
        train(stopped, data)
        assert names_in(stopped) == {"recipe.json", "metrics.jsonl", "model.safetensors"}


class TestResume:
    """Resuming a stopped run."""

    @pytest.mark.parametrize("stops", [(7,), (5,), (1, 4, 11)])  # between reports, at one, several
    def test_it_equals_a_run_that_was_never_stopped(
        self, stops: tuple[int, ...], data: Dataset, tmp_path: Path, unstopped: Run
    ) -> None:
        Run.create(tmp_path / "small", RECIPE, data)
        for step in stops:
            assert train(Run.open(tmp_path / "small"), data, until=step).step == step
        train(Run.open(tmp_path / "small"), data)
        assert_same_result(Run.open(tmp_path / "small"), unstopped)

    def test_a_training_with_distillation_does_too(self, data: Dataset, tmp_path: Path) -> None:
        teachers = [build_network("softmax-regression", seed=0) for _ in range(2)]
        with torch.no_grad():
            list(teachers[1].parameters())[1].copy_(torch.arange(10.0))  # so that the teachers differ
        recipe = replace(RECIPE, distillation=True, redrawn_per_epoch=3, negatives_per_epoch=5)
        whole, halted = (Run.create(tmp_path / name, recipe, data) for name in ("whole", "halted"))
        for _ in whole.train(whole.resume(data, teachers=teachers)):
            pass
        training = halted.resume(data, teachers=teachers)
        stop_after(training, 7)
        for _ in halted.train(training):
            pass
        assert (training.step, halted.is_finished) == (7, False)
        for _ in halted.train(halted.resume(data, teachers=teachers)):
            pass
        assert_same_result(halted, whole)

    def test_elapsed_time_continues(self, stopped: Run, data: Dataset) -> None:
        training = stopped.resume(data)
        before = training.elapsed_s
        assert before > 0
        *_, last = stopped.train(training)
        assert last.elapsed_s > before

    def test_without_a_checkpoint_it_starts_again(self, stopped: Run, data: Dataset, unstopped: Run) -> None:
        (stopped.path / "checkpoint" / "state.safetensors").unlink()
        assert stopped.resume(data).step == 0
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    def test_a_finished_run_is_refused(self, unstopped: Run, data: Dataset) -> None:
        refused_in_one_line(
            lambda: unstopped.resume(data), RunError, "is finished; evaluate it with `inklab evaluate .*`$"
        )

    def test_other_data_are_refused(self, stopped: Run, data: Dataset) -> None:
        other = Dataset("other", data.train[1:], data.valid, data.test)
        refused_in_one_line(
            lambda: stopped.resume(other),
            RunError,
            "was started on other data: mnist has changed since; restore it, or start a new run$",
        )

    @pytest.mark.parametrize("damage", ["a byte in the middle", "a byte of the step", "cut short", "emptied"])
    def test_a_damaged_checkpoint(self, damage: str, stopped: Run, data: Dataset, unstopped: Run) -> None:
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
        path.unlink()  # as the message advises
        path.parent.rmdir()
        train(stopped, data)
        assert_same_result(stopped, unstopped)

    def test_a_checkpoint_past_the_last_step(self, stopped: Run, data: Dataset) -> None:
        file = stopped.path / "recipe.json"
        file.write_text(file.read_text().replace('"steps": 12', '"steps": 6'))
        refused_in_one_line(
            lambda: Run.open(stopped.path).resume(data), RunError, "at step 7, past the 6 steps .*; remove "
        )


CHILD = """
import sys, time
from pathlib import Path
import torch
from inklab.data import Dataset, load_mnist
from inklab.runs import Run, run

torch.set_num_threads(1)
run.CHECKPOINT_EVERY_S = 0  # after every report, so that a kill is likely to interrupt one
mnist = load_mnist()
folder = Run.open(Path(sys.argv[1]))
training = folder.resume(Dataset("few", mnist.train[:45], mnist.valid[:20], mnist.test[:20]))
print("at", training.step, flush=True)
for progress in folder.train(training):
    print(progress.step, flush=True)
    while progress.step >= int(sys.argv[2]):  # wait to be killed
        time.sleep(1)
"""


def test_killed_at_any_moment_it_resumes_to_the_same_bits(data: Dataset, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=400, log_every=1, eval_every=50)
    unstopped = Run.create(tmp_path / "unstopped", recipe, data)
    train(unstopped, data)

    folder = Run.create(tmp_path / "killed", recipe, data)
    random_time = random.Random(8)
    for bound in (150, 390):
        command = [sys.executable, "-c", CHILD, str(folder.path), str(bound)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            try:
                assert child.stdout is not None
                assert child.stdout.readline().startswith("at ")
                assert len([child.stdout.readline() for _ in range(3)]) == 3  # it trains
                refused_in_one_line(
                    lambda: next(folder.train(folder.resume(data))), RunError, "^another process is at work"
                )
                time.sleep(random_time.uniform(0, 0.1))
            finally:
                child.kill()
        assert child.returncode == -9
        assert not folder.is_finished

    resumed = folder.resume(data)
    assert 0 < resumed.step <= 390
    for _ in folder.train(resumed):
        pass
    assert_same_result(folder, unstopped)
    assert names_in(folder) == {"recipe.json", "metrics.jsonl", "model.safetensors"}


def test_a_folder_with_leftovers_counts_as_empty(data: Dataset, tmp_path: Path) -> None:
    (tmp_path / f".recipe.json.abc{PARTIAL_SUFFIX}").touch()
    assert Run.create(tmp_path, RECIPE, data).recipe == RECIPE
