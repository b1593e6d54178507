"""Training: steps and reports against arithmetic by hand, and reproducible bits."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from inklab.data import ArrayDataset, BatchSampler, Dataset, Split
from inklab.errors import RecipeError, TrainingError
from inklab.evaluation import accuracy, negative_log_likelihood
from inklab.models import build_network, predict_logits
from inklab.training import Progress, Recipe, Training, find_recipe, loop

SOFTMAX = Recipe(
    name="small",
    network="softmax-regression",
    learning_rate=0.5,
    batch_size=3,
    steps=6,
    log_every=1,
    eval_every=1,
)
CNN = find_recipe("lesson-cnn", batch_size=4, steps=3, log_every=1, eval_every=1)


pytestmark = pytest.mark.usefixtures("one_thread")


def weights_of(training: Training) -> list[NDArray[np.float32]]:
    return [parameter.detach().numpy().copy() for parameter in training.model.parameters()]


def train_weights(recipe: Recipe, train: Split | ArrayDataset) -> list[NDArray[np.float32]]:
    training = Training(recipe, train)
    assert training.run().step == recipe.steps
    return weights_of(training)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def train_softmax_with_numpy(recipe: Recipe, train: Split) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights (10, 784) and biases (10,) of softmax regression after the recipe's steps.

    The gradient of the cross-entropy at the logits is (p - y) / n.
    """
    weights, biases = np.zeros((10, 784)), np.zeros(10)
    batches = BatchSampler(len(train), recipe.batch_size, seed=recipe.seed)
    for step in range(recipe.steps):
        batch = train[batches[step]]
        x, y = batch.flat().astype(np.float64), batch.one_hot()
        gradient = (softmax(x @ weights.T + biases) - y) / len(batch)  # (n, 10)
        weights -= recipe.learning_rate * gradient.T @ x
        biases -= recipe.learning_rate * gradient.sum(axis=0)
    return weights, biases


class TestCrossEntropy:
    """torch's cross_entropy against the lesson's formula, mean(-sum(y_ * log(y)))."""

    def test_example_of_the_lesson(self) -> None:
        # The lesson's predictions do not sum to 1; its formula gives -log 0.9 for each of the two images.
        predictions = np.array([[0.9, 0.1, 0.1], [0.9, 0.1, 0.1]])
        targets = np.array([[1, 0, 0], [1, 0, 0]])
        lesson_loss = np.mean(-np.sum(targets * np.log(predictions), axis=1))
        assert_allclose(lesson_loss, 0.105361, atol=5e-7)
        # cross_entropy divides by the sum 0.9 + 0.1 + 0.1 first, which adds log 1.1.
        from_logits = cross_entropy(torch.tensor(np.log(predictions)), torch.tensor([0, 0]))
        assert_allclose(from_logits.item(), lesson_loss + np.log(1.1))
        # If they sum to 1, the two losses are equal.
        normalized = torch.tensor([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05]])
        assert_allclose(cross_entropy(normalized.log(), torch.tensor([0, 0])).item(), lesson_loss, rtol=1e-6)

    def test_agrees_with_the_formula_where_it_is_finite(self) -> None:
        rng = np.random.default_rng(1)
        logits, labels = rng.normal(0, 3, (50, 10)), rng.integers(0, 10, 50)
        formula = np.mean(-np.sum(np.eye(10)[labels] * np.log(softmax(logits)), axis=1))
        assert_allclose(cross_entropy(torch.tensor(logits), torch.tensor(labels)).item(), formula)

    def test_is_finite_where_the_formula_is_infinite(self) -> None:
        logits = np.array([[0.0, 1000.0, 0.0]])
        with np.errstate(divide="ignore"):
            formula = -np.log(softmax(logits))[0, 0]  # the probability underflows to 0
        assert np.isinf(formula)
        assert cross_entropy(torch.tensor(logits), torch.tensor([0])).item() == 1000


class TestSteps:
    """The weights after training steps."""

    def test_one_step_from_zero(self, mnist: Dataset) -> None:
        # At zero weights every probability is 0.1: the weights become 0.5 * mean((y - 0.1) x).
        train = mnist.train[:20]
        recipe = replace(SOFTMAX, steps=1, batch_size=20)
        weights, biases = train_weights(recipe, train)
        difference = train.one_hot() - 0.1  # (20, 10)
        assert_allclose(weights, 0.5 * difference.T @ train.flat() / 20, atol=1e-7)
        assert_allclose(biases, 0.5 * difference.mean(axis=0), atol=1e-7)

    @pytest.mark.parametrize("batch_size", [1, 3, 7, 20])  # one image, a part, all, almost three epochs
    @pytest.mark.parametrize("seed", [0, 5])
    def test_every_batch_size_against_numpy(self, batch_size: int, seed: int, mnist: Dataset) -> None:
        recipe = replace(SOFTMAX, batch_size=batch_size, seed=seed)
        train = mnist.train[:7]
        weights, biases = train_weights(recipe, train)
        expected_weights, expected_biases = train_softmax_with_numpy(recipe, train)
        assert_allclose(weights, expected_weights, atol=2e-6)
        assert_allclose(biases, expected_biases, atol=2e-6)

    def test_sixty_four_images_are_memorized(self, mnist: Dataset) -> None:
        recipe = find_recipe("lesson-cnn", learning_rate=1e-3, batch_size=32, steps=30)
        last = Training(recipe, mnist.train[:64], mnist.train[:64]).run()
        assert last.valid_accuracy == 1
        assert last.valid_loss is not None
        assert last.valid_loss < 0.05

    def test_lesson_softmax_exceeds_90_percent(self, mnist: Dataset) -> None:
        last = Training(find_recipe("lesson-softmax", eval_every=1000), mnist.train, mnist.valid).run()
        assert last.valid_accuracy is not None
        assert last.valid_accuracy > 0.9

    def test_bfloat16_is_close_and_keeps_float32_weights(self, mnist: Dataset) -> None:
        train = mnist.train[:40]
        half = train_weights(replace(CNN, precision="bfloat16"), train)
        full = train_weights(replace(CNN, precision="float32"), train)
        assert {weights.dtype for weights in half} == {np.dtype(np.float32)}
        for mine, other in zip(half, full, strict=True):
            assert_allclose(mine, other, atol=1e-3)  # three steps of Adam move a weight by 3e-4 at most
        assert not np.array_equal(half[0], full[0])


class TestReports:
    """Which reports are yielded, and what they contain."""

    @pytest.mark.parametrize(
        ("steps", "every", "expected"),
        [(6, 2, [0, 2, 4, 6]), (7, 3, [0, 3, 6, 7]), (2, 5, [0, 2]), (3, 1, [0, 1, 2, 3])],
    )
    def test_reports_come_before_every_multiple_and_at_the_end(
        self, steps: int, every: int, expected: list[int], mnist: Dataset
    ) -> None:
        training = Training(replace(SOFTMAX, steps=steps, log_every=every, eval_every=every), mnist.train[:4])
        assert not training.is_finished
        reports = list(training)
        assert [report.step for report in reports] == expected
        assert [report.epoch for report in reports] == [step * 3 / 4 for step in expected]
        assert training.is_finished

    def test_a_finished_training_yields_nothing(self, mnist: Dataset) -> None:
        training = Training(SOFTMAX, mnist.train[:9])
        assert list(training)[-1].step == SOFTMAX.steps
        before = weights_of(training)
        assert list(training) == []
        for mine, other in zip(weights_of(training), before, strict=True):
            assert_array_equal(mine, other)

    def test_loss_and_accuracy_are_of_the_next_batch_without_dropout(self, mnist: Dataset) -> None:
        train = mnist.train[:10]
        training = Training(CNN, train)
        copy = build_network(CNN.network, CNN.network_options, seed=9)
        batches = BatchSampler(len(train), CNN.batch_size, seed=CNN.seed)
        for progress in training:
            copy.load_state_dict(training.model.state_dict())
            batch = train[batches[progress.step]]
            probabilities = softmax(predict_logits(copy, batch.images).astype(np.float64))  # (4, 10)
            loss = -np.log(probabilities[np.arange(4), batch.labels]).mean()
            assert_allclose(progress.loss, loss, rtol=1e-5)
            assert progress.accuracy == (probabilities.argmax(axis=1) == batch.labels).mean()

    def test_reports_do_not_change_the_weights(self, mnist: Dataset) -> None:
        frequent = train_weights(CNN, mnist.train[:10])
        single = train_weights(replace(CNN, log_every=9, eval_every=9), mnist.train[:10])
        for mine, other in zip(frequent, single, strict=True):
            assert_array_equal(mine, other)

    def test_validation_is_due_every_eval_every_steps(self, mnist: Dataset) -> None:
        recipe = replace(SOFTMAX, steps=5, eval_every=2)
        valid = mnist.valid[:30]
        training = Training(recipe, mnist.train[:9], valid)
        for progress in training:
            if progress.step in {0, 2, 4, 5}:
                logits = predict_logits(training.model, valid.images)
                assert progress.valid_loss == negative_log_likelihood(logits, valid.labels)
                assert progress.valid_accuracy == accuracy(valid.labels, logits.argmax(axis=1))
            else:
                assert progress.valid_loss is progress.valid_accuracy is None

    def test_no_validation_without_a_validation_set(self, mnist: Dataset) -> None:
        for progress in Training(SOFTMAX, mnist.train[:9]):
            assert progress.valid_loss is progress.valid_accuracy is None
            assert "valid" not in str(progress)
            assert not {"valid_loss", "valid_accuracy"} & set(progress.to_dict())

    def test_only_steps_count_as_time(self, mnist: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
        # On this clock a step takes 2 s, a report 100 s, and the caller 1,000 s.
        now = 0.0
        monkeypatch.setattr(loop, "perf_counter", lambda: now)
        training = Training(replace(SOFTMAX, log_every=4, eval_every=4), mnist.train[:9])
        make_report = training._make_report

        def step(*_: object) -> None:
            nonlocal now
            now += 2

        def report(images_per_s: float) -> Progress:
            nonlocal now
            now += 100
            return make_report(images_per_s)

        training.optimizer.register_step_post_hook(step)
        monkeypatch.setattr(training, "_make_report", report)
        reports = []
        for progress in training:
            now += 1000
            reports.append((progress.step, progress.elapsed_s, progress.images_per_s))
        assert reports == [(0, 0, 0), (4, 8, 3 / 2), (6, 12, 3 / 2)]

    def test_text_of_a_report(self) -> None:
        progress = Progress(step=100, epoch=0.5, loss=0.26384, accuracy=0.9, elapsed_s=1, images_per_s=9)
        assert str(progress) == "step 100, loss 0.264, training accuracy 90.00%"
        assert str(replace(progress, valid_accuracy=0.91, valid_loss=0.3)) == (
            "step 100, loss 0.264, training accuracy 90.00%, validation accuracy 91.00%"
        )


class TestStopping:
    """`stop`, `run`, and losses that are not numbers."""

    def test_stop_ends_after_the_current_step(self, mnist: Dataset) -> None:
        training = Training(replace(SOFTMAX, log_every=4, eval_every=4), mnist.train[:9])
        training.optimizer.register_step_post_hook(lambda *_: training.stop())
        assert [progress.step for progress in training] == [0]
        assert training.step == 1

    def test_stop_between_two_steps_ends_at_once(self, mnist: Dataset) -> None:
        training = Training(SOFTMAX, mnist.train[:9])
        for progress in training:
            if progress.step == 2:
                training.stop()
        assert training.step == 2

    def test_stop_during_the_last_step_still_gives_its_report(self, mnist: Dataset) -> None:
        training = Training(replace(SOFTMAX, log_every=4, eval_every=4), mnist.train[:9])
        training.optimizer.register_step_post_hook(
            lambda *_: training.stop() if training.step == SOFTMAX.steps - 1 else None
        )
        assert [progress.step for progress in training] == [0, 4, 6]

    def test_run_returns_the_last_report(self, mnist: Dataset) -> None:
        training = Training(SOFTMAX, mnist.train[:9], mnist.valid[:9])
        last = training.run()
        *_, expected = Training(SOFTMAX, mnist.train[:9], mnist.valid[:9])
        assert (last.step, last.loss, last.valid_loss) == (6, expected.loss, expected.valid_loss)
        assert training.run() is last

    def test_run_returns_the_latest_report_when_stopped(self, mnist: Dataset) -> None:
        training = Training(replace(SOFTMAX, log_every=4, eval_every=4), mnist.train[:9])
        training.stop()
        assert training.run().step == 0
        training.optimizer.register_step_post_hook(lambda *_: training.stop() if training.step == 4 else None)
        assert training.run().step == 4
        assert training.step == 5
        assert training.run().step == 6

    def test_loss_that_is_not_a_number(self, mnist: Dataset) -> None:
        training = Training(SOFTMAX, mnist.train[:9])
        reports = iter(training)
        assert next(reports).step == 0
        with torch.no_grad():
            next(training.model.parameters())[0, 400] = float("nan")
        with pytest.raises(
            TrainingError,
            match="^the loss is no longer a number after step 1; "
            r"start again with a smaller learning rate than 0\.5, such as 0\.05$",
        ):
            next(reports)


class TestBits:
    """The same seed gives the same bits."""

    @pytest.mark.parametrize("threads", [1, 2])
    def test_two_trainings_are_equal(self, threads: int, mnist: Dataset) -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            first, second = (train_weights(replace(CNN, steps=2), mnist.train[:10]) for _ in range(2))
        finally:
            torch.set_num_threads(before)
        for mine, other in zip(first, second, strict=True):
            assert_array_equal(mine, other, strict=True)

    def test_another_seed_gives_other_weights(self, mnist: Dataset) -> None:
        for recipe in (CNN, SOFTMAX):
            first = train_weights(recipe, mnist.train[:10])
            second = train_weights(replace(recipe, seed=1), mnist.train[:10])
            assert not np.array_equal(first[0], second[0])

    def test_the_seed_determines_the_initial_weights(self, mnist: Dataset) -> None:
        first = weights_of(Training(replace(CNN, seed=7), mnist.train[:10]))
        for mine, other in zip(first, build_network("lesson-cnn", seed=7).parameters(), strict=True):
            assert_array_equal(mine, other.detach().numpy())

    def test_dropout_differs_between_steps(self, mnist: Dataset) -> None:
        training = Training(replace(CNN, batch_size=1), mnist.train[:1])
        calls: list[tuple[torch.Tensor, torch.Tensor]] = []
        training.model.get_submodule("dropout").register_forward_hook(
            lambda module, inputs, output: calls.append((inputs[0], output)) if module.training else None
        )
        list(training)
        assert len(calls) == 3
        active = torch.stack([inputs > 0 for inputs, _ in calls]).all(dim=0)  # (1, 1024), in every step
        first, second, third = ((output > 0)[active] for _, output in calls)  # (active,)
        assert 0.4 < first.float().mean() < 0.6
        assert not torch.equal(first, second)
        assert not torch.equal(second, third)

    def test_the_global_random_state_is_neither_used_nor_changed(self, mnist: Dataset) -> None:
        results = []
        saved_torch, saved_numpy = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
        try:
            for seed in (1, 2):
                torch.manual_seed(seed)
                np.random.seed(seed)  # noqa: NPY002
                before_torch, before_numpy = torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
                results.append(train_weights(CNN, mnist.train[:10]))
                assert torch.equal(torch.get_rng_state(), before_torch)
                assert str(np.random.get_state()) == before_numpy  # noqa: NPY002
        finally:
            torch.set_rng_state(saved_torch)
            np.random.set_state(saved_numpy)  # noqa: NPY002
        for mine, other in zip(*results, strict=True):
            assert_array_equal(mine, other)


class TestDistillation:
    """Targets from teachers."""

    DISTILLED = replace(SOFTMAX, steps=1, batch_size=20, distillation=True)

    def test_one_step_from_zero(self, mnist: Dataset) -> None:
        # A teacher with zero weights answers p = softmax(biases). The target y is p where the teacher reads
        # the label, else the one-hot label; the weights become 0.5 * mean((y - 0.1) x).
        train = mnist.train[:20]
        teacher = build_network("softmax-regression", seed=0)
        with torch.no_grad():
            list(teacher.parameters())[1].copy_(torch.arange(10.0))
        training = Training(self.DISTILLED, train, teachers=[teacher])
        list(training)
        targets = np.eye(10)[train.labels]
        targets[train.labels == 9] = softmax(np.arange(10.0)[np.newaxis])  # it reads every image as a 9
        difference = targets - 0.1  # (20, 10)
        assert_allclose(weights_of(training)[0], 0.5 * difference.T @ train.flat() / 20, atol=1e-7)

    def test_negatives_keep_their_label(self, mnist: Dataset) -> None:
        # One negative at zero weights: the biases become 0.5 * (y - 1/11).
        teacher = build_network("softmax-regression", seed=0)
        examples = ArrayDataset(mnist.train.images[:1], np.array([10]), 11)
        training = Training(replace(self.DISTILLED, batch_size=1), examples, teachers=[teacher])
        list(training)
        difference = np.eye(11)[10] - 1 / 11
        assert_allclose(weights_of(training)[1], 0.5 * difference, atol=1e-7)

    def test_teachers_take_turns(self, mnist: Dataset) -> None:
        calls: list[int] = []
        teachers = [build_network("lesson-cnn", seed=seed) for seed in range(3)]
        training = Training(replace(self.DISTILLED, steps=5), mnist.train[:20], teachers=teachers)
        for number, teacher in enumerate(training._teachers):
            teacher.layers.register_forward_hook(lambda *_, number=number: calls.append(number))
        list(training)
        assert calls == [0, 1, 2, 0, 1]

    def test_a_teacher_of_more_classes_is_refused(self, mnist: Dataset) -> None:
        teacher = build_network("softmax-regression", seed=0, classes=11)
        with pytest.raises(RecipeError, match=r"^small has a teacher of 11 classes; expected at most 10$"):
            Training(self.DISTILLED, mnist.train[:20], teachers=[teacher])

    def test_teachers_are_for_distillation_only(self, mnist: Dataset) -> None:
        teachers = [build_network("softmax-regression", seed=0)]
        for recipe, passed in ((SOFTMAX, teachers), (self.DISTILLED, [])):
            with pytest.raises(RecipeError, match=r"^small has [01] teachers; expected "):
                Training(recipe, mnist.train[:20], teachers=passed)


def test_negatives_are_an_eleventh_class(mnist: Dataset) -> None:
    training = Training(replace(SOFTMAX, negatives_per_epoch=4), mnist.train[:20], mnist.valid[:20])
    assert training.run().epoch == 18 / 24
    assert predict_logits(training.model, mnist.valid.images[:2]).shape == (2, 11)


def test_next_epoch_has_other_negatives_and_the_same_digits(mnist: Dataset) -> None:
    recipe = replace(SOFTMAX, negatives_per_epoch=4, negative_pools=2, batch_size=24)
    training = Training(recipe, mnist.train[:20], mnist.valid[:20])
    epochs: list[set[bytes]] = []
    train_step = training._train_step

    def record_negatives(images: torch.Tensor, labels: torch.Tensor) -> None:
        epochs.append({image.numpy().tobytes() for image in images[labels == 10]})
        assert labels[labels < 10].sort().values.tolist() == sorted(mnist.train.labels[:20])
        train_step(images, labels)

    training._train_step = record_negatives  # type: ignore[method-assign]
    assert training.run().epoch == recipe.steps
    assert [len(epoch) for epoch in epochs[:2]] == [4, 4]
    assert not epochs[0] & epochs[1]
    assert epochs[::2] == [epochs[0]] * len(epochs[::2])


def test_negatives_need_a_split(mnist: Dataset) -> None:
    examples = ArrayDataset(mnist.train.images[:20], mnist.train.labels[:20], 10)
    with pytest.raises(
        RecipeError,
        match=r"^small draws images from the training digits; expected a Split to train on, or a ",
    ):
        Training(replace(SOFTMAX, negatives_per_epoch=4), examples)


class TestArrayDataset:
    """Float32 images of any size, with any number of classes."""

    def test_mnist_gives_the_same_weights_in_every_form(self, mnist: Dataset) -> None:
        train = mnist.train[:10]
        expected = train_weights(CNN, train)
        as_floats = train.flat().reshape(-1, 28, 28)
        for images in (train.images, as_floats):
            actual = train_weights(CNN, ArrayDataset(images, train.labels, 10))
            for mine, other in zip(actual, expected, strict=True):
                assert_array_equal(mine, other, strict=True)

    def test_one_step_from_zero(self) -> None:
        # At zero weights both probabilities are 0.5: the weights become 0.5 * mean((y - 0.5) x); the first
        # class has mean(+-0.5 x) = (0.5 * 4 - 0.5 * -2) / 2 = 1.5 and (0.5 * 0 - 0.5 * 8) / 2 = -2.
        numbers = np.array([[[4, 0]], [[-2, 8]]], np.float32)  # (2, 1, 2)
        examples = ArrayDataset(numbers, np.array([0, 1]), 2)
        weights, biases = train_weights(replace(SOFTMAX, steps=1, batch_size=2), examples)
        assert_array_equal(weights, [[0.75, -1], [-0.75, 1]])
        assert_array_equal(biases, [0, 0])


def test_a_second_iteration_continues_without_repeating_reports(mnist: Dataset) -> None:
    recipe = find_recipe("lesson-softmax", steps=6, log_every=2, eval_every=2)
    training = Training(recipe, mnist.train[:100])
    for progress in training:
        if progress.step == 2:
            break
    training.stop()
    assert [progress.step for progress in training] == []
    assert [progress.step for progress in training] == [4, 6]
    assert list(training) == []


def test_ensembles_are_refused(mnist: Dataset) -> None:
    with pytest.raises(
        RecipeError, match=r"^mcdnn is an ensemble; train its members with `unfinished_trainings`$"
    ):
        Training(find_recipe("mcdnn"), mnist.train[:20])
