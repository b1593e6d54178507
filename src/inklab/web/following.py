"""Following: what is new in the folder of a run, as events for a page that watches it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi.sse import ServerSentEvent
from numpy.typing import NDArray

from inklab.errors import InklabError
from inklab.evaluation import softmax
from inklab.web.documents import packed
from inklab.web.runs import MOST_REPORTS, left_s, shown
from inklab.web.workbench import Workbench

if TYPE_CHECKING:
    from inklab.runs import Run, Snapshot


class Following:
    """Looks at a run again and again, until it trains no more.

    Args:
        workbench: where it stands.
        run: to be followed.
        start: the number of the first report that is wanted.

    Attributes:
        ended: whether the run trains no more, and all that it left has been told.
    """

    def __init__(self, workbench: Workbench, run: "Run", start: int) -> None:
        self._workbench, self._run, self._next = workbench, run, start
        self._seen_ns = 0  # when the latest snapshot that was told of was written
        self._size = -1  # of the metrics, when they were read
        self.ended = False

    def look(self) -> list[ServerSentEvent]:
        """Return what is new, and let the training know that somebody watches."""
        from inklab.runs import request_snapshots

        is_training = self._run.is_training  # before the rest is read, or its last report might be missed
        events = []
        try:
            events = self._reports()
            if is_training:
                request_snapshots(self._run.path)
                return events + self._live()
            self.ended = not events  # more than one answer's worth may be left
            if events:
                return events
            run = self._workbench.run(self._workbench.name_of(self._run))  # it may be gone, or renamed
            return [ServerSentEvent(event="end", data=shown(self._workbench, run))]
        except InklabError as error:
            self.ended = True
            return [ServerSentEvent(event="trouble", data={"error": str(error)})]

    def _reports(self) -> list[ServerSentEvent]:
        size = _size(self._run.path / "metrics.jsonl")
        if size == self._size:
            return []
        found = self._run.progress()
        if len(found) < self._next:  # it was resumed from a checkpoint, and its last reports are made anew
            self._next = 0
        some = found[self._next : self._next + MOST_REPORTS]
        start, self._next = self._next, self._next + len(some)
        if self._next == len(found):
            self._size = size
        if not some:
            return []
        data = {"start": start, "reports": [one.to_dict() for one in some], "next": self._next}
        return [ServerSentEvent(event="reports", data=data, id=str(self._next))]

    def _live(self) -> list[ServerSentEvent]:
        from inklab.runs import read_snapshot

        try:
            written_ns = (self._run.path / "live.safetensors").stat().st_mtime_ns
        except OSError:
            return []
        if written_ns == self._seen_ns:
            return []
        self._seen_ns = written_ns
        snapshot = read_snapshot(self._run.path)
        return [] if snapshot is None else [ServerSentEvent(event="live", data=_told(snapshot, self._run))]


def _told(snapshot: "Snapshot", run: "Run") -> dict[str, Any]:
    recipe = run.recipe
    return {
        "step": snapshot.step,
        "loss": snapshot.loss,
        "accuracy": snapshot.accuracy,
        "elapsed_s": snapshot.elapsed_s,
        "images_per_s": snapshot.images_per_s,
        "left_s": left_s(snapshot.images_per_s, recipe.steps - snapshot.step, recipe.batch_size),
        "probabilities": softmax(snapshot.arrays["logits"][np.newaxis])[0].tolist(),
        "layers": [
            {"name": name, **_small(values)}
            for name, values in sorted(snapshot.arrays.items(), key=lambda one: (one[0] != "image", one[0]))
            if name != "logits"
        ],
    }


def _small(values: NDArray[np.float32]) -> dict[str, Any]:
    """Return an array for the page: its largest number, and each in 127ths of that, as base64 of int8."""
    most = float(np.abs(values).max(initial=0)) or 1.0
    small = np.round(values / most * 127).astype(np.int8)
    return {"shape": list(values.shape), "most": most, "values": packed(small)}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
