"""`inklab lesson`."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from inklab.cli.commands.options import RUNS, Data, Json, Out, Seed
from inklab.errors import Stopped


def lesson(
    full: Annotated[
        bool, Option("--full", help="Train the convolutional network for 20,000 steps instead of 1,100.")
    ] = False,
    seed: Seed = None,
    out: Out = None,
    data: Data = None,
    resume: Annotated[Path | None, Option(metavar="FOLDER", help="Resume a lesson that was stopped.")] = None,
    json: Json = False,
) -> None:
    """Run the whole lesson.

    Trains softmax regression and a small convolutional network, evaluates them, looks inside, compares them,
    and writes an HTML report.
    """
    if resume and (full or seed is not None or out or data):
        raise typer.BadParameter("--resume takes every setting from the stopped lesson; give it alone")
    from inklab.cli.console import print_json, wrap
    from inklab.lesson.lesson import Lesson
    from inklab.runs import unique_path

    if resume:
        course = Lesson.open(resume)
    else:
        folder = out or unique_path(RUNS, "lesson")
        course = Lesson.create(folder, full=full, seed=seed or 0, source=data or "mnist")
    try:
        for line in course.run():
            typer.echo(wrap(line), err=json)
    except KeyboardInterrupt:  # outside of training, which stops by itself
        raise Stopped(f"stopped; resume with: {course.resume_command}") from None
    if not course.is_finished:
        raise typer.Exit(1)
    if json:
        print_json(course.to_dict())
