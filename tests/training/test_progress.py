"""Progress: the lines of metrics.jsonl, and files that are incomplete, damaged, or of another format."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_runs import RECIPE, assert_same_result, refused_in_one_line, train

from inklab.data import Dataset
from inklab.errors import RunError
from inklab.runs import Run
from inklab.training import loop

pytestmark = pytest.mark.usefixtures("one_thread")
pytest_plugins = ["small_runs"]

FIELDS = b'"format": 1, "step": 0, "epoch": 0, "loss": 1, "accuracy": 1, "elapsed_s": 0, "images_per_s": 0'


class TestMetricsFile:
    """metrics.jsonl in the folder of a run."""

    @pytest.mark.parametrize(
        "incomplete", [b"{", b'{"format": 1, "step": 5, "epoch": 1.1', b'{"step": 5}', b"\x00"]
    )
    def test_incomplete_last_line_is_ignored(
        self, incomplete: bytes, stopped: Run, data: Dataset, unstopped: Run
    ) -> None:
        with (stopped.path / "metrics.jsonl").open("ab") as file:
            file.write(incomplete)
        assert [progress.step for progress in stopped.progress()] == [0, 5]
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
            b'{"format": 1, "step": 0}',
            b"{%b}" % FIELDS.replace(b'"accuracy": 1', b'"accuracy": "high"'),
            b'{%b, "extra": 1}' % FIELDS,
        ],
    )
    def test_damaged_line_is_refused(self, line: bytes, stopped: Run, data: Dataset) -> None:
        path = stopped.path / "metrics.jsonl"
        first, second, end = path.read_bytes().split(b"\n")
        path.write_bytes(b"\n".join([first, line, second, end]))
        message = r"^line 2 of .*metrics\.jsonl is damaged; remove the line to continue without it$"
        refused_in_one_line(stopped.progress, RunError, message)
        refused_in_one_line(lambda: train(stopped, data), RunError, message)
        assert path.read_bytes() == b"\n".join([first, line, second, end])

    @pytest.mark.parametrize(
        ("key", "value", "advice"),
        [
            (b'"format": 2, ', 2, "update inklab"),
            (b'"format": "1", ', "'1'", "train again in a new folder"),
            (b"", None, "train again in a new folder"),
        ],
    )
    def test_other_format_is_refused(self, key: bytes, value: object, advice: str, stopped: Run) -> None:
        path = stopped.path / "metrics.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"format": 1, ', key))
        message = rf"^line 1 of .*metrics\.jsonl has format {value}; this inklab reads format 1; {advice}$"
        refused_in_one_line(stopped.progress, RunError, message)

    def test_unreadable_file(self, stopped: Run) -> None:
        path = stopped.path / "metrics.jsonl"
        path.write_bytes(b"\xff\n")
        refused_in_one_line(stopped.progress, RunError, r"metrics\.jsonl cannot be read: ")
        path.unlink()
        path.mkdir()
        refused_in_one_line(stopped.progress, RunError, r"metrics\.jsonl cannot be read: ")

    def test_bytes_of_the_file(self, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # At zero weights every digit has probability 0.1, so the loss is log 10; the prediction is 0, which
        # is correct for one of the four images. A step takes one second on this clock.
        four = mnist.train[[int((mnist.train.labels == digit).argmax()) for digit in (0, 3, 5, 9)]]
        clock = iter((0, 1, 1))  # before the step, after it, and at the end
        monkeypatch.setattr(loop, "perf_counter", lambda: float(next(clock)))
        recipe = replace(RECIPE, steps=1, batch_size=4)
        folder = Run.create(tmp_path / "small", recipe, Dataset("four", four, four, four))
        train(folder, Dataset("four", four, four, four))
        first, second, end = (folder.path / "metrics.jsonl").read_bytes().split(b"\n")
        assert first == (
            b'{"format": 1, "step": 0, "epoch": 0.0, "loss": 2.3025851249694824, "accuracy": 0.25, '
            b'"elapsed_s": 0.0, "images_per_s": 0.0, "valid_loss": 2.302585092994046, "valid_accuracy": 0.25}'
        )
        assert second.startswith(b'{"format": 1, "step": 1, "epoch": 1.0, "loss": ')
        assert b', "elapsed_s": 1.0, "images_per_s": 4.0, ' in second
        assert end == b""
