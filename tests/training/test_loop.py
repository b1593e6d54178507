"""Training: each step and each report against arithmetic done by hand, and the same bits every time."""

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


def parameters_of(training: Training) -> list[NDArray[np.float32]]:
    return [parameter.detach().numpy().copy() for parameter in training.model.parameters()]


def trained(recipe: Recipe, train: Split | ArrayDataset) -> list[NDArray[np.float32]]:
    training = Training(recipe, train)
    assert list(training)[-1].step == recipe.steps
    return parameters_of(training)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def learned_by_hand(recipe: Recipe, train: Split) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights (10, 784) and biases (10,) of softmax regression after the recipe's steps.

    The gradient of the cross-entropy at the logits is (p - y) / n.
    """
    weights, biases = np.zeros((10, 784)), np.zeros(10)
    batches = BatchSampler(len(train), recipe.batch_size, seed=recipe.seed)
    for step in range(recipe.steps):
        batch = train[batches[step]]
        x, y = batch.flat().astype(np.float64), batch.one_hot()
        at_logits = (softmax(x @ weights.T + biases) - y) / len(batch)  # (n, 10)
        weights -= recipe.learning_rate * at_logits.T @ x
        biases -= recipe.learning_rate * at_logits.sum(axis=0)
    return weights, biases


class TestCrossEntropy:
    """The loss of the loop against the lesson's formula, mean(-sum(y_ * log(y)))."""

    def test_the_example_of_the_lesson(self) -> None:
        # The lesson's predictions of two images do not sum to 1; its formula reads off -log 0.9 for each.
        predictions = np.array([[0.9, 0.1, 0.1], [0.9, 0.1, 0.1]])
        answers = np.array([[1, 0, 0], [1, 0, 0]])
        of_lesson = np.mean(-np.sum(answers * np.log(predictions), axis=1))
        assert_allclose(of_lesson, 0.105361, atol=5e-7)
        # From logits they are brought to a sum of 1 first, by 0.9 + 0.1 + 0.1: log 1.1 is added.
        from_logits = cross_entropy(torch.tensor(np.log(predictions)), torch.tensor([0, 0]))
        assert_allclose(from_logits.item(), of_lesson + np.log(1.1))
        # Where they sum to 1 already, the two are one.
        sound = torch.tensor([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05]])
        assert_allclose(cross_entropy(sound.log(), torch.tensor([0, 0])).item(), of_lesson, rtol=1e-6)

    def test_equals_the_formula_where_that_is_finite(self) -> None:
        rng = np.random.default_rng(1)
        logits, labels = rng.normal(0, 3, (50, 10)), rng.integers(0, 10, 50)
        formula = np.mean(-np.sum(np.eye(10)[labels] * np.log(softmax(logits)), axis=1))
        assert_allclose(cross_entropy(torch.tensor(logits), torch.tensor(labels)).item(), formula)

    def test_is_finite_where_the_formula_is_not(self) -> None:
        logits = np.array([[0.0, 1000.0, 0.0]])
        with np.errstate(divide="ignore"):
            formula = -np.log(softmax(logits))[0, 0]  # the probability underflows to 0
        assert np.isinf(formula)
        assert cross_entropy(torch.tensor(logits), torch.tensor([0])).item() == 1000


class TestSteps:
    """What a step does to the weights, and on which images."""

    def test_one_step_from_zero(self, mnist: Dataset) -> None:
        # At zero weights every probability is 0.1: the weights become 0.5 * mean((y - 0.1) x).
        train = mnist.train[:20]
        recipe = replace(SOFTMAX, steps=1, batch_size=20)
        weights, biases = trained(recipe, train)
        away = train.one_hot() - 0.1  # (20, 10)
        assert_allclose(weights, 0.5 * away.T @ train.flat() / 20, atol=1e-7)
        assert_allclose(biases, 0.5 * away.mean(axis=0), atol=1e-7)

    @pytest.mark.parametrize("batch_size", [1, 3, 7, 20])  # one image, a part, all seven, nearly three epochs
    @pytest.mark.parametrize("seed", [0, 5])
    def test_every_batch_size_against_numpy(self, batch_size: int, seed: int, mnist: Dataset) -> None:
        recipe = replace(SOFTMAX, batch_size=batch_size, seed=seed)
        train = mnist.train[:7]
        weights, biases = trained(recipe, train)
        expected_weights, expected_biases = learned_by_hand(recipe, train)
        assert_allclose(weights, expected_weights, atol=2e-6)
        assert_allclose(biases, expected_biases, atol=2e-6)

    def test_sixty_four_images_are_learned_by_heart(self, mnist: Dataset) -> None:
        recipe = find_recipe("lesson-cnn", learning_rate=1e-3, batch_size=32, steps=30)
        *_, last = Training(recipe, mnist.train[:64], mnist.train[:64])
        assert last.valid_accuracy == 1
        assert last.valid_loss is not None
        assert last.valid_loss < 0.05

    def test_the_softmax_of_the_lesson_reaches_nine_in_ten(self, mnist: Dataset) -> None:
        *_, last = Training(find_recipe("lesson-softmax", eval_every=1000), mnist.train, mnist.valid)
        assert last.valid_accuracy is not None
        assert last.valid_accuracy > 0.9

    def test_bfloat16_is_near_and_keeps_float32_weights(self, mnist: Dataset) -> None:
        train = mnist.train[:40]
        half = trained(replace(CNN, precision="bfloat16"), train)
        full = trained(replace(CNN, precision="float32"), train)
        assert {weights.dtype for weights in half} == {np.dtype(np.float32)}
        for mine, other in zip(half, full, strict=True):
            assert_allclose(mine, other, atol=1e-3)  # three steps of Adam move a weight by 3e-4 at most
        assert not np.array_equal(half[0], full[0])


class TestReports:
    """What is yielded, and when."""

    @pytest.mark.parametrize(
        ("steps", "every", "expected"),
        [(6, 2, [0, 2, 4, 6]), (7, 3, [0, 3, 6, 7]), (2, 5, [0, 2]), (3, 1, [0, 1, 2, 3])],
    )
    def test_they_come_before_every_multiple_and_at_the_end(
        self, steps: int, every: int, expected: list[int], mnist: Dataset
    ) -> None:
        training = Training(replace(SOFTMAX, steps=steps, log_every=every, eval_every=every), mnist.train[:4])
        assert not training.is_finished
        reports = list(training)
        assert [one.step for one in reports] == expected
        assert [one.epoch for one in reports] == [step * 3 / 4 for step in expected]
        assert training.is_finished

    def test_after_the_end_there_is_nothing_more(self, mnist: Dataset) -> None:
        training = Training(SOFTMAX, mnist.train[:9])
        assert list(training)[-1].step == SOFTMAX.steps
        before = parameters_of(training)
        assert list(training) == []
        for mine, other in zip(parameters_of(training), before, strict=True):
            assert_array_equal(mine, other)

    def test_they_are_of_the_batch_that_comes_next_without_dropout(self, mnist: Dataset) -> None:
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

    def test_looking_changes_nothing(self, mnist: Dataset) -> None:
        often = trained(CNN, mnist.train[:10])
        once = trained(replace(CNN, log_every=9, eval_every=9), mnist.train[:10])
        for mine, other in zip(often, once, strict=True):
            assert_array_equal(mine, other)

    def test_valid_is_measured_when_due(self, mnist: Dataset) -> None:
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

    def test_no_valid_split_no_measurement(self, mnist: Dataset) -> None:
        for progress in Training(SOFTMAX, mnist.train[:9]):
            assert progress.valid_loss is progress.valid_accuracy is None
            assert "valid" not in str(progress)
            assert not {"valid_loss", "valid_accuracy"} & set(progress.to_dict())

    def test_only_steps_count_as_time(self, mnist: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
        # A clock that only this test moves: a step takes 2 s, a report 100 s, its reader 1,000 s.
        now = 0.0
        monkeypatch.setattr(loop, "perf_counter", lambda: now)
        training = Training(replace(SOFTMAX, log_every=4, eval_every=4), mnist.train[:9])
        measure = training._measure

        def step(*_: object) -> None:
            nonlocal now
            now += 2

        def report(images_per_s: float) -> Progress:
            nonlocal now
            now += 100
            return measure(images_per_s)

        training.optimizer.register_step_post_hook(step)
        monkeypatch.setattr(training, "_measure", report)
        told = []
        for progress in training:
            now += 1000
            told.append((progress.step, progress.elapsed_s, progress.images_per_s))
        assert told == [(0, 0, 0), (4, 8, 3 / 2), (6, 12, 3 / 2)]

    def test_how_it_reads(self) -> None:
        progress = Progress(step=100, epoch=0.5, loss=0.26384, accuracy=0.9, elapsed_s=1, images_per_s=9)
        assert str(progress) == "step 100, loss 0.264, training accuracy 0.90"
        assert str(replace(progress, valid_accuracy=0.91, valid_loss=0.3)) == (
            "step 100, loss 0.264, training accuracy 0.90, valid accuracy 0.9100"
        )


class TestStopping:
    """`stop` and losses that are no numbers."""

    def test_it_ends_after_the_step_under_way(self, mnist: Dataset) -> None:
        training = Training(replace(SOFTMAX, log_every=4, eval_every=4), mnist.train[:9])
        training.optimizer.register_step_post_hook(lambda *_: training.stop())
        assert [progress.step for progress in training] == [0]
        assert training.step == 1

    def test_a_reader_stops_it_at_once(self, mnist: Dataset) -> None:
        training = Training(SOFTMAX, mnist.train[:9])
        for progress in training:
            if progress.step == 2:
                training.stop()
        assert training.step == 2

    def test_the_last_step_is_followed_by_its_report_even_so(self, mnist: Dataset) -> None:
        training = Training(replace(SOFTMAX, log_every=4, eval_every=4), mnist.train[:9])
        training.optimizer.register_step_post_hook(
            lambda *_: training.stop() if training.step == SOFTMAX.steps - 1 else None
        )
        assert [progress.step for progress in training] == [0, 4, 6]

    def test_a_loss_that_is_no_number(self, mnist: Dataset) -> None:
        training = Training(SOFTMAX, mnist.train[:9])
        reports = iter(training)
        assert next(reports).step == 0
        with torch.no_grad():
            next(training.model.parameters())[0, 400] = float("nan")
        with pytest.raises(
            TrainingError,
            match="^the loss is no longer a number after step 1; "
            r"start anew with a smaller learning rate than 0\.5, such as 0\.05$",
        ):
            next(reports)


class TestBits:
    """A seed names a run."""

    @pytest.mark.parametrize("threads", [1, 2])
    def test_two_runs_are_equal(self, threads: int, mnist: Dataset) -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            first, second = (trained(replace(CNN, steps=2), mnist.train[:10]) for _ in range(2))
        finally:
            torch.set_num_threads(before)
        for mine, other in zip(first, second, strict=True):
            assert_array_equal(mine, other, strict=True)

    def test_another_seed_is_another_run(self, mnist: Dataset) -> None:
        for recipe in (CNN, SOFTMAX):
            first = trained(recipe, mnist.train[:10])
            second = trained(replace(recipe, seed=1), mnist.train[:10])
            assert not np.array_equal(first[0], second[0])

    def test_the_seed_draws_the_first_weights(self, mnist: Dataset) -> None:
        first = parameters_of(Training(replace(CNN, seed=7), mnist.train[:10]))
        for mine, other in zip(first, build_network("lesson-cnn", seed=7).parameters(), strict=True):
            assert_array_equal(mine, other.detach().numpy())

    def test_dropout_drops_others_in_every_step(self, mnist: Dataset) -> None:
        training = Training(replace(CNN, batch_size=1), mnist.train[:1])
        seen: list[tuple[torch.Tensor, torch.Tensor]] = []
        training.model.get_submodule("dropout").register_forward_hook(
            lambda module, given, output: seen.append((given[0], output)) if module.training else None
        )
        list(training)
        assert len(seen) == 3
        lit = torch.stack([given > 0 for given, _ in seen]).all(dim=0)  # (1, 1024) in every step
        first, second, third = ((output > 0)[lit] for _, output in seen)  # (lit,)
        assert 0.4 < first.float().mean() < 0.6
        assert not torch.equal(first, second)
        assert not torch.equal(second, third)

    def test_the_global_random_state_neither_matters_nor_changes(self, mnist: Dataset) -> None:
        results = []
        kept_torch, kept_numpy = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
        try:
            for seed in (1, 2):
                torch.manual_seed(seed)
                np.random.seed(seed)  # noqa: NPY002
                before_torch, before_numpy = torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
                results.append(trained(CNN, mnist.train[:10]))
                assert torch.equal(torch.get_rng_state(), before_torch)
                assert str(np.random.get_state()) == before_numpy  # noqa: NPY002
        finally:
            torch.set_rng_state(kept_torch)
            np.random.set_state(kept_numpy)  # noqa: NPY002
        for mine, other in zip(*results, strict=True):
            assert_array_equal(mine, other)


class TestTeaching:
    """What teachers say in the place of labels."""

    TAUGHT = replace(SOFTMAX, steps=1, batch_size=20, distillation=True)

    def test_one_step_from_zero(self, mnist: Dataset) -> None:
        # A teacher without weights says what its biases say: the weights become 0.5 * mean((said - 0.1) x).
        train = mnist.train[:20]
        teacher = build_network("softmax-regression", seed=0)
        with torch.no_grad():
            list(teacher.parameters())[1].copy_(torch.arange(10.0))
        training = Training(self.TAUGHT, train, teachers=[teacher])
        list(training)
        away = softmax(np.tile(np.arange(10.0), (20, 1))) - 0.1  # (20, 10)
        assert_allclose(parameters_of(training)[0], 0.5 * away.T @ train.flat() / 20, atol=1e-7)

    def test_of_what_is_no_digit_the_label_says_it(self, mnist: Dataset) -> None:
        # One image, no digit, at zero weights: the weights become 0.5 * (y - 1/11) x.
        teacher = build_network("softmax-regression", seed=0)
        examples = ArrayDataset(mnist.train.images[:1], np.array([10]), 11)
        training = Training(replace(self.TAUGHT, batch_size=1), examples, teachers=[teacher])
        list(training)
        away = np.eye(11)[10] - 1 / 11
        assert_allclose(parameters_of(training)[1], 0.5 * away, atol=1e-7)

    def test_each_step_asks_the_next(self, mnist: Dataset) -> None:
        asked: list[int] = []
        teachers = [build_network("lesson-cnn", seed=seed) for seed in range(3)]
        training = Training(replace(self.TAUGHT, steps=5), mnist.train[:20], teachers=teachers)
        for number, teacher in enumerate(training._teachers):
            teacher.layers.register_forward_hook(lambda *_, number=number: asked.append(number))
        list(training)
        assert asked == [0, 1, 2, 0, 1]

    def test_teachers_are_for_a_recipe_that_is_taught(self, mnist: Dataset) -> None:
        teachers = [build_network("softmax-regression", seed=0)]
        for recipe, given in ((SOFTMAX, teachers), (self.TAUGHT, [])):
            with pytest.raises(RecipeError, match=r"^small came with [01] teachers; expected "):
                Training(recipe, mnist.train[:20], teachers=given)


def test_images_without_a_digit_are_an_eleventh_class(mnist: Dataset) -> None:
    training = Training(replace(SOFTMAX, negatives_per_epoch=4), mnist.train[:20], mnist.valid[:20])
    *_, last = training
    assert last.epoch == 18 / 24
    assert predict_logits(training.model, mnist.valid.images[:2]).shape == (2, 11)


def test_the_next_epoch_has_others_beside_the_same_digits(mnist: Dataset) -> None:
    recipe = replace(SOFTMAX, negatives_per_epoch=4, negative_pools=2, batch_size=24)
    training = Training(recipe, mnist.train[:20], mnist.valid[:20])
    epochs: list[set[bytes]] = []
    update = training._update

    def noting(inputs: torch.Tensor, labels: torch.Tensor) -> None:
        epochs.append({image.numpy().tobytes() for image in inputs[labels == 10]})
        assert labels[labels < 10].sort().values.tolist() == sorted(mnist.train.labels[:20])
        update(inputs, labels)

    training._update = noting  # type: ignore[method-assign]
    *_, last = training
    assert last.epoch == recipe.steps
    assert [len(epoch) for epoch in epochs[:2]] == [4, 4]
    assert not epochs[0] & epochs[1]
    assert epochs[::2] == [epochs[0]] * len(epochs[::2])


def test_images_without_a_digit_are_made_beside_digits_alone(mnist: Dataset) -> None:
    examples = ArrayDataset(mnist.train.images[:20], mnist.train.labels[:20], 10)
    with pytest.raises(
        RecipeError, match="small learns from 4 images of nothing; expected a Split of digits"
    ):
        Training(replace(SOFTMAX, negatives_per_epoch=4), examples)


class TestExamples:
    """What is no MNIST: images of any size and any number of classes, float32 as they are."""

    def test_mnist_as_examples_is_mnist(self, mnist: Dataset) -> None:
        train = mnist.train[:10]
        expected = trained(CNN, train)
        as_floats = train.flat().reshape(-1, 28, 28)
        for images in (train.images, as_floats):
            found = trained(CNN, ArrayDataset(images, train.labels, 10))
            for mine, other in zip(found, expected, strict=True):
                assert_array_equal(mine, other, strict=True)

    def test_one_step_from_zero(self) -> None:
        # At zero weights both probabilities are 0.5: the weights become 0.5 * mean((y - 0.5) x), where the
        # first class has mean(+-0.5 x) = (0.5 * 4 - 0.5 * -2) / 2 = 1.5 and (0.5 * 0 - 0.5 * 8) / 2 = -2.
        numbers = np.array([[[4, 0]], [[-2, 8]]], np.float32)  # (2, 1, 2)
        examples = ArrayDataset(numbers, np.array([0, 1]), 2)
        weights, biases = trained(replace(SOFTMAX, steps=1, batch_size=2), examples)
        assert_array_equal(weights, [[0.75, -1], [-0.75, 1]])
        assert_array_equal(biases, [0, 0])

    @pytest.mark.parametrize(("width", "steps"), [(5, 40), (784, 40), (1568, 20), (7840, 4), (100_000, 1)])
    def test_larger_images_are_gathered_for_fewer_steps(self, width: int, steps: int) -> None:
        # 4,096 images of MNIST's size are 40 batches of 100.
        examples = ArrayDataset(np.zeros((2, 1, width), np.float32), np.array([0, 1]), 2)
        assert len(Training(replace(SOFTMAX, batch_size=100), examples)._gather()) == steps


def test_who_iterates_again_goes_on_and_hears_nothing_twice(mnist: Dataset) -> None:
    recipe = find_recipe("lesson-softmax", steps=6, log_every=2, eval_every=2)
    training = Training(recipe, mnist.train[:100])
    for progress in training:
        if progress.step == 2:
            break
    training.stop()
    assert [progress.step for progress in training] == []
    assert [progress.step for progress in training] == [4, 6]
    assert list(training) == []
