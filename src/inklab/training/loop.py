"""The training loop."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf, isfinite, prod
from time import perf_counter

import torch
from numpy.random import SeedSequence
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, pad

from inklab.data import ArrayDataset, BatchSampler, Split
from inklab.errors import RecipeError, TrainingError
from inklab.evaluation import accuracy, negative_log_likelihood
from inklab.models import build_network, predict_logits, project_max_norm, set_generator
from inklab.training.batches import DeviceBatches
from inklab.training.compute_copy import ComputeCopy
from inklab.training.ema import ExponentialMovingAverage
from inklab.training.optimizers import build_optimizer
from inklab.training.precision import choose_dtype
from inklab.training.progress import Progress
from inklab.training.recipe import Recipe
from inklab.training.schedule import rate_factor


class Training:
    """Train the network of a recipe; iterate over the training to get its reports.

        training = Training(RECIPES["lesson-cnn"], mnist.train, mnist.valid)
        for progress in training:  # a report every `recipe.log_every` steps
            print(progress)

    A step depends on the seed and its number only. So the whole state is the weights, their average, the
    optimizer's state, and `step`: a restored training gives the same bits as one that never stopped.

    Args:
        train: the training set. The network is built for its image size and its number of classes.
        valid: the validation set, only evaluated; None skips validation.
        device: where to compute; by default a GPU if torch finds one, else the CPU.
        teachers: trained networks for a recipe with `distillation`; each step uses the next one.

    Raises:
        RecipeError: the recipe is an ensemble, has distillation without teachers or the reverse, draws images
            from a training set that is not a `Split`, or a teacher has more classes than the network.

    Attributes:
        network: the network that the steps update, in channels-last memory.
        ema: the moving average of its weights, or None.
        model: the network to evaluate: the one with averaged weights if there is one, else `network`.
        optimizer: the optimizer of `network`.
        dtype: dtype of the steps; the weights are always float32.
        step: steps done.
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
            raise RecipeError(f"{recipe.name} is an ensemble; train its members with `unfinished_trainings`")
        if recipe.distillation != bool(teachers):
            expected = "at least 1, since it uses" if recipe.distillation else "0, since it does not use"
            raise RecipeError(f"{recipe.name} has {len(teachers)} teachers; expected {expected} distillation")
        self.recipe, self.valid = recipe, valid
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = choose_dtype(recipe.precision, self.device)
        self.step, self.elapsed_s = 0, 0.0
        examples = _add_drawn(recipe, train) if recipe.drawn_per_epoch else train
        network = build_network(
            recipe.network,
            recipe.network_options,
            seed=recipe.seed,
            inputs=prod(examples.images.shape[1:]),
            classes=examples.classes,
        )
        # mypy knows only the overloads of `to` without a memory format
        self.network: nn.Sequential = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ema = ExponentialMovingAverage(self.network, recipe.ema_decay) if recipe.ema_decay else None
        self.model = self.ema.model if self.ema else self.network
        self.optimizer = build_optimizer(
            recipe.optimizer,
            self.network.parameters(),
            learning_rate=recipe.learning_rate,
            momentum=recipe.momentum,
            beta1=recipe.beta1,
            beta2=recipe.beta2,
            weight_decay=recipe.weight_decay,
        )
        self._n_classes = examples.classes
        sampler = BatchSampler(
            len(train) + recipe.drawn_per_epoch,
            recipe.batch_size,
            seed=recipe.seed,
            n_rotating=recipe.drawn_per_epoch,
            n_pools=recipe.negative_pools,
        )
        self._batches = DeviceBatches(examples, sampler, self.device)
        self._compute_copy = ComputeCopy(self.network, self.dtype)
        self._teachers = [ComputeCopy(teacher.to(self.device).eval(), self.dtype) for teacher in teachers]
        for teacher in self._teachers:
            teacher.sync_weights()
            self._check_teacher(teacher, *examples.images.shape[1:])
        self._generator = torch.Generator(self.device)
        has_random_layer = set_generator(self._compute_copy.layers, self._generator)
        self._is_random = has_random_layer or recipe.augmentation.is_random or recipe.degradation.is_random
        self._is_stopping = False
        self._latest: Progress | None = None

    @property
    def is_finished(self) -> bool:
        """Whether all steps are done."""
        return self.step == self.recipe.steps

    def stop(self) -> None:
        """End the iteration after the current step; safe in a signal handler."""
        self._is_stopping = True

    def run(self) -> Progress:
        """Train to the end, or until `stop` is called, and return the latest report; see `__iter__`."""
        for _ in self:
            pass
        return self._latest or self._make_report(0.0)

    def __iter__(self) -> Iterator[Progress]:
        """Train as `iter_with_ticks` does, without ticks."""
        return (progress for progress in self.iter_with_ticks(inf) if progress is not None)

    def iter_with_ticks(self, every_s: float) -> Iterator[Progress | None]:
        """Train; yield a report before each step that is a multiple of `log_every`, and after the last.

        Also yield None whenever `every_s` seconds pass without a report. The caller may read the training
        between two steps, without changing its result. A second iteration continues after the first.

        Raises:
            TrainingError: the loss is not a finite number.
        """
        step, elapsed_s = self.step, self.elapsed_s  # at the latest report
        while not self._is_stopping or self.is_finished:  # a stop during the last step is too late
            is_due = self.step % self.recipe.log_every == 0 or self.is_finished
            if is_due and (self._latest is None or self._latest.step != self.step):
                images = (self.step - step) * self.recipe.batch_size
                self._latest = self._make_report(images / (self.elapsed_s - elapsed_s) if images else 0.0)
                step, elapsed_s = self.step, self.elapsed_s
                yield self._latest
            elif self.step > step:
                yield None
            if self.is_finished:
                return
            self._train_until_report(every_s)
        self._is_stopping = False  # the next iteration continues

    def batch_metrics(self, max_images: int) -> tuple[float, float]:
        """Return loss and accuracy of the first `max_images` images of the next batch, without dropout."""
        images, labels = (part[:max_images] for part in self._batches[self.step])
        self.model.eval()
        with torch.inference_mode():
            logits = self.model(images)  # (n, k)
            loss = cross_entropy(logits, labels)
            return float(loss), float((logits.argmax(dim=1) == labels).float().mean())

    def _train_until_report(self, max_s: float) -> None:
        """Train up to the next report, or until `max_s` seconds have passed."""
        start, log_every = perf_counter(), self.recipe.log_every
        end = min(self.recipe.steps, (self.step // log_every + 1) * log_every)
        self.network.train()
        while self.step < end and not self._is_stopping:
            self._train_step(*self._batches[self.step])
            self.step += 1
            if perf_counter() - start >= max_s:
                break
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.elapsed_s += perf_counter() - start

    def _train_step(self, images: Tensor, labels: Tensor) -> None:
        """Update the weights with one batch: images (b, 1, h, w), labels (b,)."""
        recipe = self.recipe
        if self._is_random:  # the numbers depend on the seed and the step only
            (seed,) = SeedSequence(recipe.seed, spawn_key=(self.step,)).generate_state(1)
            self._generator.manual_seed(int(seed))
        factor = rate_factor(recipe.schedule, self.step, recipe.steps, warmup_ratio=recipe.warmup_ratio)
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate * factor
        self._compute_copy.sync_weights()
        deformed = recipe.augmentation(images, self._generator)  # (b, 1, h, w)
        logits = self._compute_copy(recipe.degradation(deformed, self._generator))  # (b, k)
        targets = self._distillation_targets(deformed, labels) if self._teachers else labels
        loss = cross_entropy(logits, targets, label_smoothing=recipe.label_smoothing)
        loss.backward()
        self._compute_copy.copy_gradients()
        self.optimizer.step()
        if recipe.max_weight_norm:
            project_max_norm(self.network, recipe.max_weight_norm)
        if self.ema:
            self.ema.update(self.step)

    @torch.no_grad()
    def _check_teacher(self, teacher: ComputeCopy, height: int, width: int) -> None:
        """Raise a RecipeError if the teacher has more classes than the network."""
        n_classes = teacher(torch.zeros(1, 1, height, width, device=self.device)).shape[1]
        if n_classes > self._n_classes:
            found = f"a teacher of {n_classes} classes"
            raise RecipeError(f"{self.recipe.name} has {found}; expected at most {self._n_classes}")

    @torch.no_grad()
    def _distillation_targets(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return target probabilities (b, k): the teacher's if it reads the label, else the one-hot label.

        So a teacher need not know all that is trained on, such as negatives. Cross-entropy is linear in its
        targets, so one teacher per step gives on average the gradient of all.

        Source: Hinton, Vinyals, Dean 2015, Distilling the Knowledge in a Neural Network.
        """
        teacher = self._teachers[self.step % len(self._teachers)]
        probabilities = teacher(images).softmax(dim=1)  # (b, 10) or (b, 11)
        is_read = (probabilities.argmax(dim=1) == labels).unsqueeze(1)  # (b, 1)
        padded = pad(probabilities, (0, self._n_classes - probabilities.shape[1]))  # (b, k)
        return torch.where(is_read, padded, one_hot(labels, self._n_classes).float())

    def _make_report(self, images_per_s: float) -> Progress:
        loss, batch_accuracy = self.batch_metrics(self.recipe.batch_size)
        if not isfinite(loss):
            rate = self.recipe.learning_rate
            raise TrainingError(
                f"the loss is no longer a number after step {self.step}; start again with a smaller learning "
                f"rate than {rate:g}, such as {rate / 10:g}"
            )
        progress = Progress(
            step=self.step,
            epoch=self._batches.sampler.epoch_of(self.step),
            loss=loss,
            accuracy=batch_accuracy,
            elapsed_s=self.elapsed_s,
            images_per_s=images_per_s,
        )
        is_validated = self.step % self.recipe.eval_every == 0 or self.is_finished
        if self.valid is None or not is_validated:
            return progress
        logits = predict_logits(self.model, self.valid.images)  # (n, k)
        return replace(
            progress,
            valid_loss=negative_log_likelihood(logits, self.valid.labels),
            valid_accuracy=accuracy(self.valid.labels, logits.argmax(axis=1)),
        )


def _add_drawn(recipe: Recipe, train: Split | ArrayDataset) -> ArrayDataset:
    """Return the digits, followed by the recipe's pools of redrawn digits and negatives."""
    from inklab.training.drawn import add_drawn  # noqa: PLC0415  (it loads OpenCV)

    if not isinstance(train, Split):
        raise RecipeError(
            f"{recipe.name} draws images from the training digits; expected a Split to train on, or a recipe "
            "without drawn images"
        )
    return add_drawn(
        train,
        redrawn=recipe.redrawn_per_epoch,
        negatives=recipe.negatives_per_epoch,
        pools=recipe.negative_pools,
        seed=recipe.seed,
    )
