"""Server-sent events about a run, from the files in its folder."""

from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi.sse import ServerSentEvent
from numpy.typing import NDArray

from inklab.errors import InklabError
from inklab.evaluation import softmax
from inklab.web.schemas import base64_array
from inklab.web.services.run_status import run_status
from inklab.web.services.workbench import Workbench

if TYPE_CHECKING:
    from inklab.runs import Run, Snapshot

MAX_REPORTS = 5000
"""Reports of a run in one event or response."""


class RunEvents:
    """Polls a run for new events until its training ends.

    Args:
        start: the number of the first report to send.

    Attributes:
        has_ended: whether the training has ended and all events were returned.
    """

    def __init__(self, workbench: Workbench, run: "Run", start: int) -> None:
        self._workbench, self._run, self._next = workbench, run, start
        self._snapshot_step = -1  # of the latest snapshot that was sent
        self._metrics_size = -1  # when they were read
        self.has_ended = False

    def poll(self) -> list[ServerSentEvent]:
        """Return new events, and request snapshots from the training."""
        from inklab.runs import request_snapshots

        is_training = self._run.is_training  # read first, or the last report might be missed
        try:
            events = self._report_events()
            if is_training:
                request_snapshots(self._run.path)
                return events + self._snapshot_events()
            self.has_ended = not events  # there may be more reports than fit into one event
            if events:
                return events
            run = self._workbench.run(self._workbench.name_of(self._run))  # it may be deleted or renamed
            return [ServerSentEvent(event="end", data=run_status(self._workbench, run))]
        except InklabError as error:
            self.has_ended = True
            return [ServerSentEvent(event="failure", data={"error": str(error)})]

    def _report_events(self) -> list[ServerSentEvent]:
        path = self._run.path / "metrics.jsonl"
        size = path.stat().st_size if path.exists() else -1
        if size == self._metrics_size:
            return []
        reports = self._run.progress()
        if len(reports) < self._next:  # the run was resumed from a checkpoint, and repeats its last reports
            self._next = 0
        sent = reports[self._next : self._next + MAX_REPORTS]
        start, self._next = self._next, self._next + len(sent)
        if self._next == len(reports):
            self._metrics_size = size
        if not sent:
            return []
        data = {"start": start, "reports": [report.to_dict() for report in sent], "next": self._next}
        return [ServerSentEvent(event="reports", data=data, id=str(self._next))]

    def _snapshot_events(self) -> list[ServerSentEvent]:
        from inklab.runs import read_snapshot

        snapshot = read_snapshot(self._run.path)
        if snapshot is None or snapshot.step == self._snapshot_step:
            return []
        self._snapshot_step = snapshot.step
        return [ServerSentEvent(event="snapshot", data=_snapshot_data(snapshot))]


def _snapshot_data(snapshot: "Snapshot") -> dict[str, Any]:
    names = sorted(snapshot.arrays.keys() - {"logits"}, key=lambda name: (name != "image", name))
    return {
        "step": snapshot.step,
        "loss": snapshot.loss,
        "accuracy": snapshot.accuracy,
        "elapsed_s": snapshot.elapsed_s,
        "images_per_s": snapshot.images_per_s,
        "probabilities": softmax(snapshot.arrays["logits"][np.newaxis])[0].tolist(),
        "layers": [{"name": name, **_quantize(snapshot.arrays[name])} for name in names],
    }


def _quantize(values: NDArray[np.float32]) -> dict[str, Any]:
    """Return the largest magnitude in an array, and the values as int8, where 127 is that magnitude."""
    largest = float(np.abs(values).max(initial=0)) or 1.0
    quantized = np.round(values / largest * 127).astype(np.int8)
    return {"shape": list(values.shape), "largest": largest, "values": base64_array(quantized)}
