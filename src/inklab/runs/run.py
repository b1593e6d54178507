"""Run: the folder of one training, the only thing that a training process shares with all that shows it."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from torch import nn

from inklab.constants import N_CLASSES
from inklab.data import Dataset
from inklab.data.load import load_data, resolve_source
from inklab.errors import InklabError, RecipeError, RunError
from inklab.evaluation import Report, evaluate
from inklab.models import Ensemble, TestTimeAugmentation, build_network, digit_logits
from inklab.runs.checkpoint import restore_checkpoint, save_checkpoint
from inklab.runs.folder import make_folder
from inklab.utils.locks import is_locked, locked
from inklab.runs.snapshot import MOMENT_S, SnapshotWriter
from inklab.runs.tensors import read_tensors, write_tensors
from inklab.training.loop import Training
from inklab.training.progress import Progress, append_progress, drop_progress, read_progress
from inklab.training.recipe import Recipe
from inklab.utils.atomic import PARTIAL_SUFFIX, write_text
from inklab.utils.hardware import Machine, this_machine

CHECKPOINT_EVERY_S = 30.0


@dataclass(frozen=True)
class Run:
    """The folder of one training; see `create` and `open`.

    recipe.json        what was asked for, on which data and which machine
    metrics.jsonl      one Progress a line; the last is written when training ends
    checkpoint/        what a resume needs, until training ends
    watched, live.safetensors   while it trains and somebody watches; see `live`
    stop               while it is asked to stop; see `request_stop`
    failure.txt        why training could not go on, until it goes on
    model.safetensors  the weights, once training has ended
    report.json, figures/, report.html   what was found out about it
    columns/NN/        of a committee: each column, a run of its own; metrics and weights are there
    """

    path: Path
    recipe: Recipe
    source: str
    """What it was trained on: "mnist" or the absolute path of a folder."""
    checksum: int
    """Of the data; see `Dataset.checksum`."""
    machine: Machine
    """Where it began."""

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], recipe: Recipe, data: Dataset, *, source: str = "mnist"
    ) -> Self:
        """Make the folder of a new run.

        Raises:
            RunError: the folder holds something already.
            InklabError: it cannot be written to.
        """
        path = Path(path)
        run = cls(path, recipe, resolve_source(source), data.checksum, this_machine())
        make_folder(path)
        document = {
            "recipe": recipe.to_dict(),
            "data": {"source": run.source, "checksum": run.checksum},
            "machine": run.machine.to_dict(),
        }
        write_text(path / "recipe.json", json.dumps(document, indent=2) + "\n")
        return run

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Return the run in this folder.

        Raises:
            RunError: the folder is no run, or its recipe.json is damaged.
            RecipeError: its recipe is none that this version can train.
        """
        path = Path(path)
        try:
            document = json.loads((path / "recipe.json").read_text(encoding="utf-8"))
            data = document["data"]
            recipe = Recipe.from_dict(dict(document["recipe"]))
            machine = Machine.from_dict(document["machine"])
            run = cls(path, recipe, str(data["source"]), int(data["checksum"]), machine)
        except (FileNotFoundError, NotADirectoryError):
            why = "has no recipe.json" if path.exists() else "does not exist"
            raise RunError(f"{path} is no run: it {why}; runs are made by `inklab train`") from None
        except OSError as error:
            raise RunError(f"{path / 'recipe.json'} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, OverflowError):
            raise RunError(f"{path / 'recipe.json'} is damaged; expected what `inklab train` wrote") from None
        except RecipeError as error:
            raise RecipeError(f"{path / 'recipe.json'}: {error}") from None
        return run

    @property
    def environment_changed(self) -> bool:
        """Whether it began on another machine or with other versions, so that its bits may differ here."""
        return self.machine != this_machine()

    @property
    def is_finished(self) -> bool:
        """Whether training has ended and the weights are there, those of every column."""
        if self.recipe.members:
            return all(column.is_finished for column in self.members)
        return self._model.exists()

    @property
    def members(self) -> "list[Run]":
        """The columns of a committee, as runs of their own whether they have begun or not; else nothing."""
        return [
            replace(self, path=self.path / "members" / f"{number:02d}", recipe=self.recipe.member(number))
            for number in range(len(self.recipe.members))
        ]

    @property
    def elapsed_s(self) -> float:
        """Seconds of training so far, of all columns together; those of a lost metrics.jsonl are not in it.

        Raises:
            RunError: a metrics.jsonl is damaged.
        """
        return sum(one.elapsed_s for part in self.members or [self] for one in part.progress()[-1:])

    def check_unfinished(self) -> None:
        """Make sure that there is something left to train.

        Raises:
            RunError: there is not.
        """
        if self.is_finished:
            raise RunError(f"{self.path} is finished; look at it with `inklab evaluate {self.path}`")

    def check(self, data: Dataset) -> None:
        """Make sure that these are the data that the run was started on.

        Raises:
            RunError: they are others.
        """
        if data.checksum != self.checksum:
            trouble = f"{self.path} was started on other data, {self.source} as it was then"
            raise RunError(f"{trouble}; put those back, or start a new run")

    def load_data(self) -> Dataset:
        """Return the data that the run was started on.

        Raises:
            DataError: they are gone or damaged.
            RunError: they are others now.
        """
        data = load_data(self.source)
        self.check(data)
        return data

    def train(self, training: Training) -> Iterator[Progress]:
        """Train and yield each report once it is in the folder, with a checkpoint every half minute.

        When the recipe's last step is done the weights are written; when the training was stopped, a
        checkpoint. Whatever happens in between, the folder can be resumed.

        Raises:
            RunError: another process is at work in this folder.
            InklabError: the folder cannot be written to.
            TrainingError: the loss is no longer a number.
        """
        with self.lock():
            self.clear_flags()
            try:
                yield from self._record(training)
            except InklabError as error:
                self.record_failure(error)
                raise

    def _record(self, training: Training) -> Iterator[Progress]:
        drop_progress(self._metrics, training.step)
        for leftover in self.path.rglob(f".*{PARTIAL_SUFFIX}"):
            leftover.unlink(missing_ok=True)
        saved = time.monotonic()
        with closing(SnapshotWriter(self.path, training)) as live:
            for progress in training.iter_with_ticks(MOMENT_S):
                if progress is not None:
                    append_progress(self._metrics, progress)
                    yield progress
                live.look()
                if self.is_stop_requested:
                    training.stop()
                if not training.is_finished and time.monotonic() - saved > CHECKPOINT_EVERY_S:
                    self._save(training)
                    saved = time.monotonic()
        self._stop.unlink(missing_ok=True)
        if training.is_finished:
            write_tensors(self._model, training.model.state_dict())
            shutil.rmtree(self._checkpoint.parent, ignore_errors=True)
        else:
            self._save(training)

    def request_stop(self) -> None:
        """Let whoever trains in this folder stop at a checkpoint, within a second or a step.

        It acts as Ctrl-C does there, wherever that process was started from.

        Raises:
            InklabError: the folder cannot be written to.
        """
        for part in [self, *self.members]:
            if part.is_training:
                try:
                    part._stop.touch()
                except OSError as error:
                    raise InklabError(f"cannot write {part._stop}: {error.strerror}") from None

    @property
    def is_stop_requested(self) -> bool:
        """Whether `request_stop` was called since whoever trains here began."""
        return self._stop.exists()

    def record_failure(self, error: BaseException) -> None:
        """Leave word of why a training could not go on, for `failure`, if the folder can be written to."""
        with suppress(InklabError):
            write_text(self._failure, f"{error}\n")

    def clear_flags(self) -> None:
        """Remove what was asked of, and left by, an earlier training."""
        for note in (self._stop, self._failure):
            note.unlink(missing_ok=True)

    @property
    def is_training(self) -> bool:
        """Whether a process trains in this folder, or in that of a column."""
        return any(is_locked(part.path) for part in [self, *self.members])

    @property
    def failure(self) -> str:
        """Why the latest training ended before it was done or stopped, in one line; empty if it did not."""
        for part in [self, *self.members]:
            try:
                return " ".join(part._failure.read_text(encoding="utf-8", errors="replace").split())
            except OSError:
                continue
        return ""

    def resume(self, data: Dataset, *, teachers: Sequence[nn.Sequential] = ()) -> Training:
        """Return the training where it was left: at the last checkpoint, or at the start if there is none.

        Args:
            data: what the run was started on.
            teachers: of a recipe that is taught, the same as before; see `Training`.

        Raises:
            RunError: the run is finished, the data are others, or the checkpoint is damaged.
        """
        self.check_unfinished()
        self.check(data)
        training = Training(self.recipe, data.train, data.valid, teachers=teachers)
        if self._checkpoint.exists():
            try:
                restore_checkpoint(training, self._checkpoint)
            except RunError as error:
                advice = f"remove {self._checkpoint.parent} to train again from the first step"
                raise RunError(f"{error}; {advice}") from None
        return training

    def progress(self) -> list[Progress]:
        """Return every report so far; a last line that was cut short by a crash is passed over.

        Raises:
            RunError: a line is damaged.
        """
        return read_progress(self._metrics)

    def load_model(self) -> nn.Module:
        """Return what answers, on the processor: the trained network, over all its views, or the committee.

        Raises:
            RunError: training has not ended, or the weights are damaged or of another network.
        """
        if not self.is_finished:
            left = ", ".join(column.path.name for column in self.members if not column.is_finished)
            missing = f"lacks the columns {left}" if left else "has no model.safetensors"
            advice = f"go on with `inklab train --resume {self.path}`"
            raise RunError(f"{self.path} {missing}: its training has not ended; {advice}")
        if self.recipe.members:
            return Ensemble(column.load_model() for column in self.members).eval()
        model: nn.Module = build_network(
            self.recipe.network,
            self.recipe.network_options,
            seed=self.recipe.seed,
            classes=N_CLASSES + bool(self.recipe.negatives_per_epoch),
        )
        advice = f"remove it and train again with `inklab train --resume {self.path}`"
        try:
            tensors, _ = read_tensors(self._model)
            model.load_state_dict(tensors)
        except RunError as error:
            raise RunError(f"{error}; {advice}") from None
        except RuntimeError:
            network = self.recipe.network
            raise RunError(f"{self._model} holds another network than {network}; {advice}") from None
        if self.recipe.tta_views > 1:
            model = TestTimeAugmentation(
                model, self.recipe.augmentation.view_grids(self.recipe.tta_views, seed=self.recipe.seed)
            )
        return model.eval()

    def evaluate(self, data: Dataset, *, split: str = "test") -> Report:
        """Return how well the trained network answers a split of these data.

        Args:
            data: the run's own data, or others in the same format.
            split: "train", "valid" or "test".

        Raises:
            RunError: training has not ended, or the weights are damaged.
        """
        images = {"train": data.train, "valid": data.valid, "test": data.test}[split]
        return evaluate(
            digit_logits(self.load_model(), images.images), images.labels, data=data.name, split=split
        )

    def lock(self) -> AbstractContextManager[None]:
        """Hold the folder for this process; see `locked`."""
        return locked(self.path)

    @property
    def _metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def _stop(self) -> Path:
        return self.path / "stop"

    @property
    def _failure(self) -> Path:
        return self.path / "failure.txt"

    @property
    def _model(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def _checkpoint(self) -> Path:
        return self.path / "checkpoint" / "state.safetensors"

    def _save(self, training: Training) -> None:
        try:
            self._checkpoint.parent.mkdir(exist_ok=True)
        except OSError as error:
            where = f"the folder {self._checkpoint.parent}"
            raise InklabError(f"cannot make {where}: {error.strerror}; move it away, or make room") from error
        save_checkpoint(training, self._checkpoint)
