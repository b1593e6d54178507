"""`inklab lesson`."""

from pathlib import Path
from typing import Annotated

import typer

from inklab.cli.commands.options import RUNS, Data, Json, Out, Seed
from inklab.errors import Stopped


def lesson(
    full: Annotated[
        bool, typer.Option("--full", help="Train the second network 20,000 steps, not 1,100.")
    ] = False,
    seed: Seed = None,
    out: Out = None,
    data: Data = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Go on with a lesson that was stopped.")
    ] = None,
    json: Json = False,
) -> None:
    """Give the whole lesson, with a report.

    Trains two networks, measures them, looks inside, compares them, and writes one page with all of it.
    """
    if resume and (full or seed is not None or out or data):
        raise typer.BadParameter("--resume takes everything from the lesson that was stopped; give it alone")
    from inklab.cli.console import say, say_json, wrapped
    from inklab.lesson.lesson import Lesson
    from inklab.runs import unique_path

    if resume:
        course = Lesson.open(resume)
    else:
        folder = out or unique_path(RUNS, "lesson")
        course = Lesson.create(folder, full=full, seed=seed or 0, source=data or "mnist")
    try:
        for line in course.run():
            say(wrapped(line), to_stderr=json)
    except KeyboardInterrupt:  # while it loads, measures or draws; while it trains, it stops by itself
        raise Stopped(f"stopped; go on with: {course.resume_command}") from None
    if not course.is_finished:
        raise typer.Exit(1)
    if json:
        say_json(course.to_dict())
