"""Run: the folder of one training, through which the training process and its viewers communicate."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
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
from inklab.runs.snapshot import TICK_S, SnapshotWriter
from inklab.runs.tensors import read_tensors, write_tensors
from inklab.training.loop import Training
from inklab.training.progress import Progress, append_progress, read_progress, truncate_progress
from inklab.training.recipe import Recipe
from inklab.utils.atomic import PARTIAL_SUFFIX, write_text
from inklab.utils.hardware import Machine, this_machine
from inklab.utils.locks import is_locked, locked
from inklab.utils.validation import format_problem

FORMAT = 2  # of the run folder; a folder of another format is refused
CHECKPOINT_EVERY_S = 30.0
RECIPE, METRICS, WEIGHTS = "recipe.json", "metrics.jsonl", "model.safetensors"
CHECKPOINT = "checkpoint/state.safetensors"
_STOP, _FAILURE = "stop", "failure.txt"


@dataclass(frozen=True)
class Run:
    """The folder of one training; use `create` or `open`.

    recipe.json        recipe, data, and machine
    metrics.jsonl      one Progress per line; the last line is written when training ends
    checkpoint/        what a resume needs; removed when training ends
    snapshot-request, snapshot.safetensors   see `snapshot`
    stop               another process asks the training to stop at a checkpoint
    failure.txt        why the training failed, until it is started again
    model.safetensors  the weights, once training has ended
    report.json, figures/, report.html       the evaluation
    members/NN/        the ensemble members, each a run with its own metrics and weights
    """

    path: Path
    recipe: Recipe
    source: str
    """The training data: "mnist" or the absolute path of a folder."""
    checksum: int
    """Of the data; see `Dataset.checksum`."""
    machine: Machine
    """On which the run was created."""

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], recipe: Recipe, data: Dataset, *, source: str = "mnist"
    ) -> Self:
        """Create the folder of a new run.

        Raises:
            RunError: the folder is not empty.
            InklabError: the folder cannot be written to.
        """
        run = cls(Path(path), recipe, resolve_source(source), data.checksum, this_machine())
        make_folder(run.path)
        document = {
            "format": FORMAT,
            "recipe": recipe.to_dict(),
            "data": {"source": run.source, "checksum": run.checksum},
            "machine": run.machine.to_dict(),
        }
        write_text(run.path / RECIPE, json.dumps(document, indent=2) + "\n")
        return run

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Return the run of a folder.

        Raises:
            RunError: the folder is not a run, its recipe.json is damaged, or its format is another.
            RecipeError: this version cannot train its recipe.
        """
        path = Path(path)
        file = path / RECIPE
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            if (version := document.get("format", 1)) != FORMAT:
                raise RunError(format_problem(str(file), version, FORMAT, "train the run again"))
            data, recipe = document["data"], Recipe.from_dict(dict(document["recipe"]))
            machine = Machine.from_dict(document["machine"])
            return cls(path, recipe, str(data["source"]), int(data["checksum"]), machine)
        except (FileNotFoundError, NotADirectoryError):
            reason = "has no recipe.json" if path.exists() else "does not exist"
            raise RunError(f"{path} is not a run: it {reason}; `inklab train` creates runs") from None
        except OSError as error:
            raise RunError(f"{file} cannot be read: {error.strerror}") from None
        except RecipeError as error:
            raise RecipeError(f"{file}: {error}") from None
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise RunError(f"{file} is damaged; expected a file that `inklab train` wrote") from None

    @property
    def environment_changed(self) -> bool:
        """Whether machine or versions differ from those at the start, so that results may differ too."""
        return self.machine != this_machine()

    @property
    def is_finished(self) -> bool:
        """Whether training has ended and the weights exist, those of every ensemble member."""
        if self.recipe.members:
            return all(member.is_finished for member in self.members)
        return (self.path / WEIGHTS).exists()

    @property
    def members(self) -> "list[Run]":
        """The runs of the ensemble members, whether they exist yet or not; empty for a single network."""
        return [
            replace(self, path=self.path / "members" / f"{number:02d}", recipe=self.recipe.member(number))
            for number in range(len(self.recipe.members))
        ]

    @property
    def elapsed_s(self) -> float:
        """Seconds of training so far, of all members together; a damaged metrics.jsonl raises a RunError."""
        return sum(last.elapsed_s for part in self.members or [self] for last in part.progress()[-1:])

    def check_unfinished(self) -> None:
        """Raise a RunError if the run is finished."""
        if self.is_finished:
            raise RunError(
                f"{self.path} is finished; evaluate it with `inklab evaluate {quote(str(self.path))}`"
            )

    def check_data(self, data: Dataset) -> None:
        """Raise a RunError if the data are not those that the run was started on."""
        if data.checksum != self.checksum:
            advice = f"{self.source} has changed since; restore it, or start a new run"
            raise RunError(f"{self.path} was started on other data: {advice}")

    def load_data(self) -> Dataset:
        """Return the data that the run was started on; raise an InklabError if they are lost or changed."""
        data = load_data(self.source)
        self.check_data(data)
        return data

    def train(self, training: Training) -> Iterator[Progress]:
        """Train; yield each report after it is written to the folder, which can be resumed at any time.

        A checkpoint is written every half minute and at a stop, the weights at the end.

        Raises:
            RunError: another process trains in this folder.
            InklabError: the folder cannot be written to.
            TrainingError: the loss is no longer a number.
        """
        with self.lock():
            self.clear_flags()
            try:
                yield from self._train(training)
            except InklabError as error:
                self.record_failure(error)
                raise

    def _train(self, training: Training) -> Iterator[Progress]:
        truncate_progress(self.path / METRICS, training.step)
        for leftover in self.path.rglob(f".*{PARTIAL_SUFFIX}"):
            leftover.unlink(missing_ok=True)
        saved = time.monotonic()
        with closing(SnapshotWriter(self.path, training)) as snapshots:
            for progress in training.iter_with_ticks(TICK_S):
                if progress is not None:
                    append_progress(self.path / METRICS, progress)
                    yield progress
                snapshots.write_if_due()
                if self.is_stop_requested:
                    training.stop()
                if not training.is_finished and time.monotonic() - saved > CHECKPOINT_EVERY_S:
                    self._save_checkpoint(training)
                    saved = time.monotonic()
        (self.path / _STOP).unlink(missing_ok=True)
        if training.is_finished:
            write_tensors(self.path / WEIGHTS, training.model.state_dict())
            shutil.rmtree((self.path / CHECKPOINT).parent, ignore_errors=True)
        else:
            self._save_checkpoint(training)

    def resume(self, data: Dataset, *, teachers: Sequence[nn.Sequential] = ()) -> Training:
        """Return the training at its last checkpoint, or at its start if there is none.

        Args:
            data: those that the run was started on.
            teachers: the same as before, for a recipe with distillation; see `Training`.

        Raises:
            RunError: the run is finished, the data are others, or the checkpoint is damaged.
        """
        self.check_unfinished()
        self.check_data(data)
        training = Training(self.recipe, data.train, data.valid, teachers=teachers)
        checkpoint = self.path / CHECKPOINT
        if checkpoint.exists():
            try:
                restore_checkpoint(training, checkpoint)
            except RunError as error:
                advice = f"remove {checkpoint.parent} to train again from the first step"
                raise RunError(f"{error}; {advice}") from None
        return training

    def progress(self) -> list[Progress]:
        """Return all reports so far, see `read_progress`."""
        return read_progress(self.path / METRICS)

    def load_model(self) -> nn.Module:
        """Return the trained network, its views, or its ensemble, in evaluation mode on the CPU.

        Raises:
            RunError: training has not ended, or the weights are damaged or of another network.
        """
        if not self.is_finished:
            missing = ", ".join(member.path.name for member in self.members if not member.is_finished)
            lacks = f"lacks the members {missing}" if missing else f"has no {WEIGHTS}"
            advice = (
                f"its training has not ended; resume it with `inklab train --resume {quote(str(self.path))}`"
            )
            raise RunError(f"{self.path} {lacks}: {advice}")
        if self.recipe.members:
            return Ensemble(member.load_model() for member in self.members).eval()
        model = self._load_network()
        if self.recipe.tta_views > 1:
            grids = self.recipe.augmentation.view_grids(self.recipe.tta_views, seed=self.recipe.seed)
            model = TestTimeAugmentation(model, grids)
        return model.eval()

    def _load_network(self) -> nn.Module:
        recipe, file = self.recipe, self.path / WEIGHTS
        classes = N_CLASSES + bool(recipe.negatives_per_epoch)
        network = build_network(recipe.network, recipe.network_options, seed=recipe.seed, classes=classes)
        advice = f"remove it and train again with `inklab train --resume {quote(str(self.path))}`"
        try:
            network.load_state_dict(read_tensors(file)[0])
        except RunError as error:
            raise RunError(f"{error}; {advice}") from None
        except RuntimeError:
            raise RunError(f"{file} holds another network than {recipe.network}; {advice}") from None
        return network

    def evaluate(self, data: Dataset, *, split: str = "test") -> Report:
        """Return the report of the trained network on the "train", "valid", or "test" split of any data.

        Raises:
            RunError: training has not ended, or the weights are damaged.
        """
        images = {"train": data.train, "valid": data.valid, "test": data.test}[split]
        logits = digit_logits(self.load_model(), images.images)  # (n, 10)
        return evaluate(logits, images.labels, data=data.name, split=split)

    @property
    def is_training(self) -> bool:
        """Whether a process trains in this folder, or in that of a member."""
        return any(is_locked(part.path) for part in [self, *self.members])

    def request_stop(self) -> None:
        """Ask the training process to stop at a checkpoint, as Ctrl-C does, within a second or a step."""
        for part in [self, *self.members]:
            if part.is_training:
                try:
                    (part.path / _STOP).touch()
                except OSError as error:
                    raise InklabError(f"cannot write {part.path / _STOP}: {error.strerror}") from None

    @property
    def is_stop_requested(self) -> bool:
        """Whether a stop was requested since the training process started."""
        return (self.path / _STOP).exists()

    def record_failure(self, error: BaseException) -> None:
        """Write why training failed, for `failure`, if the folder can be written to."""
        with suppress(InklabError):
            write_text(self.path / _FAILURE, f"{error}\n")

    @property
    def failure(self) -> str:
        """Why the latest training failed, in one line; empty if it did not."""
        for part in [self, *self.members]:
            with suppress(OSError):
                words = (part.path / _FAILURE).read_text(encoding="utf-8", errors="replace").split()
                if words:
                    return " ".join(words)
        return ""

    def clear_flags(self) -> None:
        """Remove the requests to, and the failure of, an earlier training."""
        for name in (_STOP, _FAILURE):
            (self.path / name).unlink(missing_ok=True)

    def lock(self) -> AbstractContextManager[None]:
        """Lock the folder for this process; see `locked`."""
        return locked(self.path)

    def _save_checkpoint(self, training: Training) -> None:
        file = self.path / CHECKPOINT
        try:
            file.parent.mkdir(exist_ok=True)
        except OSError as error:
            problem = f"cannot make the folder {file.parent}: {error.strerror}; move it away, or free space"
            raise InklabError(problem) from error
        save_checkpoint(training, file)
