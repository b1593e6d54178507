"""Progress in its file: the lines of metrics.jsonl, after a crash or worse."""

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


class TestProgress:
    """The metrics of a folder, after a crash or worse."""

    @pytest.mark.parametrize("torn", [b"{", b'{"step": 5, "epoch": 1.1', b'{"step": 5}', b"\x00"])
    def test_a_torn_last_line_is_passed_over(
        self, torn: bytes, stopped: Run, data: Dataset, unstopped: Run
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
    def test_a_damaged_line_is_refused(self, line: bytes, stopped: Run, data: Dataset) -> None:
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

    def test_the_bytes_of_the_metrics(
        self, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # At zero weights each of the ten digits has the probability 0.1, so the loss is log 10; the answer
        # is 0, right for one of these four images. A step takes a second by this clock.
        four = mnist.train[[int((mnist.train.labels == digit).argmax()) for digit in (0, 3, 5, 9)]]
        clock = iter((0, 1, 1))  # as the step begins, after it, and once more for the report
        monkeypatch.setattr(loop, "perf_counter", lambda: float(next(clock)))
        recipe = replace(RECIPE, steps=1, batch_size=4)
        folder = Run.create(tmp_path / "small", recipe, Dataset("four", four, four, four))
        train(folder, Dataset("four", four, four, four))
        first, second, end = (folder.path / "metrics.jsonl").read_bytes().split(b"\n")
        assert first == (
            b'{"step": 0, "epoch": 0.0, "loss": 2.3025851249694824, "accuracy": 0.25, "elapsed_s": 0.0, '
            b'"images_per_s": 0.0, "valid_loss": 2.302585092994046, "valid_accuracy": 0.25}'
        )
        assert second.startswith(b'{"step": 1, "epoch": 1.0, "loss": ')
        assert b', "elapsed_s": 1.0, "images_per_s": 4.0, ' in second
        assert end == b""
