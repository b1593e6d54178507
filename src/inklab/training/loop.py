"""Training: the loop, as an iterator."""

from collections.abc import Iterator, Sequence
from math import inf, isfinite, prod
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, pad

from inklab.constants import N_PIXELS
from inklab.data import ArrayDataset, BatchSampler, Split
from inklab.errors import RecipeError, TrainingError
from inklab.evaluation import accuracy, negative_log_likelihood
from inklab.models import as_input, build_network, predict_logits, project_max_norm, set_generator
from inklab.training.compute_copy import ComputeCopy
from inklab.training.ema import AveragedWeights
from inklab.training.optimizers import build_optimizer
from inklab.training.precision import choose_dtype
from inklab.training.progress import Progress
from inklab.training.recipe import Recipe
from inklab.training.schedule import rate_factor

GATHERED_PIXELS = 4096 * N_PIXELS
"""How many are chosen and turned into float32 at a time, 13 MB: 4,096 images, of larger ones fewer."""


class Training:
    """A recipe at work on a train split: iterate over it, and it trains between two reports.

    Every step is a function of the seed and of its own number: which images it takes, and what dropout
    drops. So learner, average, optimiser and `step` are the whole state, and a training that is restored
    from them goes on to the same bits as one that was never stopped.

        training = Training(RECIPES["lesson-cnn"], mnist.train, mnist.valid)
        for progress in training:
            print(progress)

    Args:
        recipe: what to do.
        train: what to learn from; it lives on the device as it comes, MNIST as uint8. The network is built
            for the size of its images and its number of classes.
        valid: what to measure now and then; nothing is learned from it.
        device: where to compute; by default a GPU where torch finds one, else the processor.
        teachers: networks that have learned, of which each step asks the next, for a recipe that is taught.

    Raises:
        RecipeError: a recipe of a committee, one that is taught and has no teachers, or one that learns from
            images without a digit and has `ArrayDataset`.

    Attributes:
        learner: the network that learns, in channels-last memory.
        model: the network that answers: the learner, or the average of its weights over the steps.
        optimizer: with its own state.
        dtype: what the steps compute in; the model's weights are float32 always.
        step: steps taken so far.
        elapsed_s: seconds spent on them.
    """

    def __init__(
        self,
        recipe: Recipe,
        train: Split | ArrayDataset,
        valid: Split | None = None,
        *,
        device: torch.device | None = None,
        teachers: Sequence[nn.Sequential] = (),
    ) -> None:
        if recipe.members:
            raise RecipeError(
                f"{recipe.name} is a committee; train its columns, which `unfinished_trainings` gives"
            )
        if recipe.distillation != bool(teachers):
            wanted = (
                "teachers, which `Training` takes" if recipe.distillation else "none, as it is not taught"
            )
            raise RecipeError(f"{recipe.name} came with {len(teachers)} teachers; expected {wanted}")
        self.recipe = recipe
        self.valid = valid
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        in_epoch = len(train) + recipe.negatives_per_epoch
        if recipe.negatives_per_epoch:
            if not isinstance(train, Split):
                wanted = "a Split of digits, beside which they are made; add them to Examples yourself"
                raise RecipeError(
                    f"{recipe.name} learns from {recipe.negatives_per_epoch} images of nothing; expected {wanted}"
                )
            from inklab.training.negatives.sample import add_negatives  # noqa: PLC0415  (it loads OpenCV)

            train = add_negatives(train, recipe.negatives_per_epoch * recipe.negative_pools, seed=recipe.seed)
        inputs, self._classes = prod(train.images.shape[1:]), train.classes
        network = build_network(
            recipe.network, recipe.network_options, seed=recipe.seed, inputs=inputs, classes=self._classes
        )
        # mypy sees only the overloads of `to` without a memory format
        self.learner: nn.Sequential = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedWeights(self.learner, recipe.ema_decay) if recipe.ema_decay else None
        self.model = self.average.model if self.average else self.learner
        self.optimizer = build_optimizer(
            recipe.optimizer,
            self.learner.parameters(),
            learning_rate=recipe.learning_rate,
            momentum=recipe.momentum,
            beta1=recipe.beta1,
            beta2=recipe.beta2,
            weight_decay=recipe.weight_decay,
        )
        self.dtype = choose_dtype(recipe.precision, self.device)
        self.step = 0
        self.elapsed_s = 0.0
        self._working = ComputeCopy(self.learner, self.dtype)
        self._teachers = [ComputeCopy(teacher.to(self.device).eval(), self.dtype) for teacher in teachers]
        for teacher in self._teachers:
            teacher.sync_weights()
        self._stopping = False
        self._reported = -1  # the step of the latest report, so that none comes twice
        self._images = torch.tensor(train.images, device=self.device)  # (n, h, w)
        self._labels = torch.tensor(train.labels, device=self.device)  # (n,) int64
        self._batches = BatchSampler(
            in_epoch,
            recipe.batch_size,
            seed=recipe.seed,
            n_rotating=recipe.negatives_per_epoch,
            n_pools=recipe.negative_pools,
        )
        of_batch = recipe.batch_size * max(inputs, N_PIXELS)
        self._gathered_steps = max(1, GATHERED_PIXELS // of_batch)
        self._gathered: list[tuple[Tensor, Tensor]] = []  # the batches of this step and of those after it
        self._gathered_from = 0
        self._generator = torch.Generator(self.device)
        has_random_layer = set_generator(self._working.layers, self._generator)
        self._is_random = has_random_layer or recipe.augmentation.is_random or recipe.degradation.is_random

    @property
    def is_finished(self) -> bool:
        """Whether the recipe's last step is done."""
        return self.step == self.recipe.steps

    def stop(self) -> None:
        """Make the iteration end after the step that is under way; safe in a signal handler."""
        self._stopping = True

    def __iter__(self) -> Iterator[Progress]:
        """Train, and yield a report before every step that is a multiple of `log_every`, and at the end.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        return (progress for progress in self.iter_with_ticks(inf) if progress is not None)

    def iter_with_ticks(self, every_s: float) -> Iterator[Progress | None]:
        """Train and yield the same reports, and None between two steps after so many seconds without one.

        What is done in such a moment changes no bit of the training, as long as it only looks.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        steps, seconds = 0, 0.0  # since the latest report
        while not self._stopping or self.is_finished:  # a stop during the last step comes too late
            is_due = self.step % self.recipe.log_every == 0 or self.is_finished
            if is_due and self._reported != self.step:
                self._reported = self.step
                report = self._measure(self._images_per_s(steps, seconds))
                steps, seconds = 0, 0.0
                yield report
            elif steps:
                yield None
            if self.is_finished:
                return
            more_steps, more_seconds = self._advance(every_s)
            steps, seconds = steps + more_steps, seconds + more_seconds
        self._stopping = False  # whoever iterates again goes on

    def batch_metrics(self, most: int) -> tuple[float, float]:
        """Return loss and accuracy as a report has them, of the first so many images of the batch."""
        inputs, labels = self._batch()
        inputs, labels = inputs[:most], labels[:most]
        self.model.eval()
        with torch.inference_mode():
            logits = self.model(inputs)
            loss = float(cross_entropy(logits, labels))
            return loss, float((logits.argmax(dim=1) == labels).float().mean())

    def _images_per_s(self, steps: int, seconds: float) -> float:
        return steps * self.recipe.batch_size / seconds if steps else 0.0

    def _advance(self, most_s: float) -> tuple[int, float]:
        """Train up to the next report, or for so many seconds; return the steps taken and the seconds."""
        first, start = self.step, perf_counter()
        end = min(self.recipe.steps, first + self.recipe.log_every - first % self.recipe.log_every)
        self.learner.train()
        while self.step < end and not self._stopping:
            self._update(*self._batch())
            self.step += 1
            if perf_counter() - start >= most_s:
                break
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        seconds = perf_counter() - start
        self.elapsed_s += seconds
        return self.step - first, seconds

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Return images and labels of the next step; to gather many steps' at once costs little more."""
        ahead = self.step - self._gathered_from
        if not 0 <= ahead < len(self._gathered):
            self._gathered, self._gathered_from, ahead = self._gather(), self.step, 0
        return self._gathered[ahead]

    def _gather(self) -> list[tuple[Tensor, Tensor]]:
        size = self.recipe.batch_size
        steps = range(self.step, self.step + self._gathered_steps)
        indices = np.concatenate([self._batches[step] for step in steps])
        chosen = torch.from_numpy(indices).to(self.device, non_blocking=True)
        images, labels = as_input(self._images[chosen]).split(size), self._labels[chosen].split(size)
        return list(zip(images, labels, strict=True))

    def _update(self, inputs: Tensor, labels: Tensor) -> None:
        recipe = self.recipe
        if self._is_random:
            mixed = np.random.SeedSequence(recipe.seed, spawn_key=(self.step,))
            self._generator.manual_seed(int(mixed.generate_state(1)[0]))
        factor = rate_factor(recipe.schedule, self.step, recipe.steps, warmup_ratio=recipe.warmup_ratio)
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * factor
        self._working.sync_weights()
        deformed = recipe.augmentation(inputs, self._generator)
        logits = self._working(recipe.degradation(deformed, self._generator))  # (n, k)
        targets = self._distillation_targets(deformed, labels) if self._teachers else labels
        loss = cross_entropy(logits, targets, label_smoothing=recipe.label_smoothing)
        loss.backward()
        self._working.copy_gradients()
        self.optimizer.step()
        if recipe.max_weight_norm:
            project_max_norm(self.learner, recipe.max_weight_norm)
        if self.average:
            self.average.update(self.step)

    @torch.no_grad()
    def _distillation_targets(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return how probable each class (n, k) is: of digits a teacher says it, of others the label.

        Cross-entropy is linear in its targets, so to ask one teacher a step gives the gradient of their mean
        on average, at the cost of one.

        Source: Hinton, Vinyals, Dean 2015, Distilling the Knowledge in a Neural Network.
        """
        said = self._teachers[self.step % len(self._teachers)](images).softmax(dim=1)  # (n, 10)
        is_digit = (labels < said.shape[1]).unsqueeze(1)  # (n, 1)
        padded = pad(said, (0, self._classes - said.shape[1]))  # (n, k)
        return torch.where(is_digit, padded, one_hot(labels, self._classes).float())

    def _measure(self, images_per_s: float) -> Progress:
        loss, right = self.batch_metrics(self.recipe.batch_size)
        if not isfinite(loss):
            rate = self.recipe.learning_rate
            raise TrainingError(
                f"the loss is no longer a number after step {self.step}; start anew with a smaller learning "
                f"rate than {rate:g}, such as {rate / 10:g}"
            )
        return Progress(
            step=self.step,
            epoch=self._batches.epoch_of(self.step),
            loss=loss,
            accuracy=right,
            elapsed_s=self.elapsed_s,
            images_per_s=images_per_s,
            **self._measure_valid(),
        )

    def _measure_valid(self) -> dict[str, float]:
        is_due = self.step % self.recipe.eval_every == 0 or self.is_finished
        if self.valid is None or not is_due:
            return {}
        logits = predict_logits(self.model, self.valid.images)
        return {
            "valid_loss": negative_log_likelihood(logits, self.valid.labels),
            "valid_accuracy": accuracy(self.valid.labels, logits.argmax(axis=1)),
        }
