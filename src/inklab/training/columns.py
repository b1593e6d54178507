"""Columns: the networks of a committee, each trained as a run of its own."""

from collections.abc import Iterator

from inklab.data import DataSet
from inklab.training.loop import Training
from inklab.training.run import Run


def trainings(run: Run, data: DataSet) -> Iterator[tuple[Run, Training]]:
    """Yield what is left to train of a run: each column of a committee in its turn, or the run itself.

    A column that is finished is left as it is, one that was stopped goes on where it was left. Whoever
    iterates trains the one before asking for the next; if it stops one early, the iteration ends.

        for part, training in trainings(run, data):
            for progress in part.record(training):
                print(part.path, progress)

    Args:
        run: in its folder; its columns' folders are made as they begin.
        data: what the run was started on.

    Raises:
        InklabError: as `Run.create` and `Run.resume` do.
    """
    for part in run.columns or [run]:
        if part.is_finished:
            continue
        if not (part.path / "recipe.json").exists():
            Run.create(part.path, part.recipe, data, source=run.source)
        training = part.resume(data)
        yield part, training
        if not training.is_finished:
            return
