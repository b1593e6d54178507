"""Course: the reader's own lesson, as its folder shows it, and the process that gives it."""

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inklab.data import Split
from inklab.errors import DataError, InklabError, RunError
from inklab.lesson.text import PARTS
from inklab.web.process import last_line, start_process
from inklab.web.workbench import Cache, Workbench, age_of

if TYPE_CHECKING:
    from subprocess import Popen

    from torch import nn

    from inklab.lesson.lesson import Lesson
    from inklab.lesson.text import Part
    from inklab.runs import Run

Folder: TypeAlias = Literal["softmax", "cnn"]
LessonState = Literal["none", "running", "stopped", "finished"]
LOG = "lesson.log"
"""In the folder of a lesson that was begun here, what its process said."""


@dataclass(frozen=True)
class Standing:
    """How the reader's lesson stands."""

    state: LessonState
    lesson: "Lesson | None" = None
    """The newest in the folder of runs."""
    error: str | None = None
    """Why it stopped, if it did so by itself."""


class Course:
    """Finds the newest lesson in the folder of runs, and gives one in a process of its own.

    Args:
        workbench: with the folder of runs.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._runs = workbench.runs
        self._giving: Popen[bytes] | None = None
        self._error: str | None = None
        self._lock = Lock()
        self._models: Cache[nn.Module] = Cache(4)
        self._tests: Cache[Split] = Cache(2)

    def standing(self) -> Standing:
        """Return how the newest lesson stands; its folder is the truth."""
        with self._lock:
            return self._standing()

    def begin(self) -> Standing:
        """Begin a lesson, or go on with one that was stopped; nothing where one is given or finished.

        Closing the page or the workbench does not end it.

        Raises:
            InklabError: its folder cannot be made, or its process not started.
        """
        with self._lock:
            now = self._standing()
            if now.state in {"running", "finished"}:
                return now
            lesson = now.lesson or self._created()
            self._error = None
            self._giving = start_process(
                ["lesson", "--resume", str(lesson.path.absolute())], lesson.path / LOG
            )
            return self._standing()

    def run(self, part: "Part") -> "Run":
        """Return the finished run of a part of the lesson.

        Raises:
            RunError: it is not finished, or there is no lesson.
        """
        lesson = self.standing().lesson
        run = None if lesson is None else run_of(lesson, part)
        if run is None or not run.is_finished:
            raise RunError(f"there is no finished {part.folder} of a lesson yet; begin the lesson")
        return run

    def model(self, part: "Part") -> "nn.Module":
        """Return the trained network of a part of the lesson.

        Raises:
            RunError: it is not finished, or there is no lesson.
        """
        run = self.run(part)
        return self._models.get((part.folder, age_of(run)), run.load_model)

    def test(self, part: "Part") -> Split:
        """Return the test split of the data that a part of the lesson was trained on.

        Raises:
            RunError: it is not finished, or there is no lesson.
        """
        run = self.run(part)
        return self._tests.get((run.source, run.checksum), lambda: run.load_data().test)

    def _standing(self) -> Standing:
        lesson = self._newest()
        if self._giving is not None:
            if self._giving.poll() is None:
                return Standing("running", lesson)
            if self._giving.returncode and lesson is not None:
                self._error = last_line(lesson.path / LOG)
            self._giving = None
        if lesson is None:
            return Standing("none", error=self._error)
        if lesson.is_finished and all(_is_trained(run_of(lesson, part)) for part in PARTS):
            return Standing("finished", lesson)
        if lesson.is_running:
            return Standing("running", lesson)
        return Standing("stopped", lesson, self._error)

    def _created(self) -> "Lesson":
        from inklab.lesson.lesson import Lesson  # noqa: PLC0415  (loads torch)
        from inklab.runs import unique_path  # noqa: PLC0415

        return Lesson.create(unique_path(self._runs, "lesson"))

    def _newest(self) -> "Lesson | None":
        from inklab.lesson.lesson import Lesson  # noqa: PLC0415  (loads torch)

        folders = [path.parent for path in self._runs.glob("*/lesson.json")]
        for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
            try:
                return Lesson.open(folder)
            except InklabError:
                continue
        return None


def digit_of(test: Split, index: int) -> tuple[NDArray[np.uint8], int]:
    """Return a test digit, (28, 28) uint8, and its label.

    Raises:
        DataError: there is none of this index.
    """
    if index >= len(test):
        raise DataError(f"there is no test digit {index}; expected 0 to {len(test) - 1}")
    return test[index]


def run_of(lesson: "Lesson", part: "Part") -> "Run | None":
    """Return the run of a part of a lesson, begun or finished."""
    from inklab.runs import Run  # noqa: PLC0415  (loads torch)

    try:
        return Run.open(lesson.path / part.folder)
    except InklabError:
        return None


def _is_trained(run: "Run | None") -> bool:
    """Whether a run of a finished lesson is still there; in the Train room it may be deleted."""
    return run is not None and run.is_finished
