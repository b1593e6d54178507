"""Follow a run with server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from inklab.web.routes.runs import RunName
from inklab.web.services.run_events import RunEvents
from inklab.web.services.workbench import Workbench

if TYPE_CHECKING:
    from inklab.runs import Run

POLL_S = 0.2
"""Seconds between two polls of a run that is followed."""


def router(workbench: Workbench) -> APIRouter:
    """Return the route for events."""
    routes = APIRouter(prefix="/runs", tags=["runs"])

    def open_run(name: RunName) -> "Run":
        return workbench.run(name)  # a missing run is refused before the stream starts

    @routes.get("/{name:path}/events", summary="Follow a run", response_class=EventSourceResponse)
    async def events(
        run: Annotated["Run", Depends(open_run)],
        start: Annotated[int, Query(ge=0, le=2**53, description="the number of the first report")] = 0,
        last_event_id: Annotated[int | None, Header(ge=0, le=2**53)] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        """Send `reports` (see `/api/runs/{name}/metrics`), `snapshot` (the network in training), and an end.

        The last event is `end` with the status of the run, or `failure` with an error. A browser that lost
        the connection sends `Last-Event-ID` and gets the reports that it missed.
        """
        run_events = RunEvents(workbench, run, start if last_event_id is None else last_event_id)
        while not workbench.stopping.is_set():
            for event in await asyncio.to_thread(run_events.poll):
                yield event
            if run_events.has_ended:
                return
            await asyncio.sleep(POLL_S)

    return routes
