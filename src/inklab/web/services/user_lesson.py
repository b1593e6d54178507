"""The user's newest lesson: its state, its process, and its trained networks."""

from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from inklab.data import Split
from inklab.errors import DataError, InklabError, RunError
from inklab.lesson.text import PARTS
from inklab.web.services.cache import Cache
from inklab.web.services.training_process import last_log_line, start_process
from inklab.web.services.workbench import Workbench, modification_times

if TYPE_CHECKING:
    from subprocess import Popen

    from torch import nn

    from inklab.lesson.lesson import Lesson
    from inklab.lesson.text import Part
    from inklab.runs import Run

LessonStateName = Literal["none", "running", "stopped", "finished"]
_LOG = "lesson.log"  # in the folder of a lesson: the stderr of its process
_INK = 127  # a pixel above this value belongs to a stroke
_BAR_REACH = 5  # pixels from the stroke of a seven to each end of its bar


@dataclass(frozen=True)
class LessonState:
    """The state of the user's lesson."""

    state: LessonStateName
    lesson: "Lesson | None" = None
    """The newest in the folder of runs."""
    error: str | None = None
    """Why the lesson failed."""


class UserLesson:
    """Finds the newest lesson in the folder of runs, and runs one in a separate process."""

    def __init__(self, workbench: Workbench) -> None:
        self._runs = workbench.runs
        self._process: Popen[bytes] | None = None
        self._error: str | None = None
        self._lock = RLock()
        self._models: Cache[nn.Module] = Cache(4)
        self._test_splits: Cache[Split] = Cache(2)

    def state(self) -> LessonState:
        """Return the state of the newest lesson, from its folder."""
        with self._lock:
            lesson = self._newest()
            if self._process is not None:
                if self._process.poll() is None:
                    return LessonState("running", lesson)
                if self._process.returncode and lesson is not None:
                    self._error = last_log_line(lesson.path / _LOG)
                self._process = None
            if lesson is None:
                return LessonState("none", error=self._error)
            runs = [run_of(lesson, part) for part in PARTS]  # one may have been deleted on the Train page
            if lesson.is_finished and all(run is not None and run.is_finished for run in runs):
                return LessonState("finished", lesson)
            if lesson.is_running:
                return LessonState("running", lesson)
            return LessonState("stopped", lesson, self._error)

    def start(self) -> None:
        """Start or resume the lesson, unless it is running or finished; it outlives the server."""
        from inklab.lesson.lesson import Lesson
        from inklab.runs import unique_path

        with self._lock:
            newest = self.state()
            if newest.state in {"running", "finished"}:
                return
            lesson = newest.lesson or Lesson.create(unique_path(self._runs, "lesson"))
            self._error = None
            self._process = start_process(
                ["lesson", "--resume", str(lesson.path.absolute())], lesson.path / _LOG
            )

    def run(self, part: "Part") -> "Run":
        """Return the finished run of a part of the lesson."""
        lesson = self.state().lesson
        run = None if lesson is None else run_of(lesson, part)
        if run is None or not run.is_finished:
            raise RunError(f"the lesson has no finished {part.folder} network yet; start the lesson")
        return run

    def model(self, part: "Part") -> "nn.Module":
        """Return the trained network of a part of the lesson."""
        run = self.run(part)
        return self._models.get((part.folder, modification_times(run)), run.load_model)

    def test_split(self, part: "Part") -> Split:
        """Return the test split of the data of a part of the lesson."""
        run = self.run(part)
        return self._test_splits.get((run.source, run.checksum), lambda: run.load_data().test)

    def test_image(self, part: "Part", index: int) -> tuple[NDArray[np.uint8], int]:
        """Return a test image, (28, 28) uint8, and its label."""
        test = self.test_split(part)
        if index >= len(test):
            raise DataError(f"there is no test image {index}; expected 0 to {len(test) - 1}")
        return test[index]

    def crossed_seven(self, part: "Part") -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the first seven of the test split, and the same image with a bar at half its height."""
        test = self.test_split(part)
        (sevens,) = np.nonzero(test.labels == 7)  # noqa: PLR2004
        if not len(sevens):
            raise DataError("there is no seven among the test images")
        seven = test.images[sevens[0]]
        rows, columns = np.nonzero(seven > _INK)
        middle = (rows.min() + rows.max()) // 2
        center = round(columns[np.abs(rows - middle) <= 1].mean())
        crossed = seven.copy()
        crossed[middle : middle + 2, max(0, center - _BAR_REACH) : center + _BAR_REACH + 1] = 255
        return seven, crossed

    def _newest(self) -> "Lesson | None":
        from inklab.lesson.lesson import Lesson

        folders = [path.parent for path in self._runs.glob("*/lesson.json")]
        for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True):
            try:
                return Lesson.open(folder)
            except InklabError:
                continue
        return None


def run_of(lesson: "Lesson", part: "Part") -> "Run | None":
    """Return the run of a part of a lesson; None if it has not started."""
    from inklab.runs import Run

    try:
        return Run.open(lesson.path / part.folder)
    except InklabError:
        return None
