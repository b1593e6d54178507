"""The network that comes with inklab: what its card says of MNIST is so, and what is no digit is refused."""

import numpy as np
import pytest

from inklab.data import Dataset
from inklab.recognition import Artifact, evaluate_artifact
from inklab.recognition.recognizer import SHIPPED
from inklab.training.negatives.sample import negative_generators, sample_negatives


@pytest.fixture(scope="module")
def shipped() -> Artifact:
    return Artifact.load(SHIPPED)


def test_it_is_small_and_knows_no_digit(shipped: Artifact) -> None:
    assert SHIPPED.stat().st_size <= 2_500_000
    assert shipped.network.outputs == 11


@pytest.mark.parametrize("split", ["valid", "test"])
def test_the_figures_of_its_card_are_measured_again(split: str, shipped: Artifact, mnist: Dataset) -> None:
    images = {"valid": mnist.valid, "test": mnist.test}[split]
    found = evaluate_artifact(
        shipped.network.logits(images.images), images.labels, shipped.card.calibration
    ).metrics()
    assert found == pytest.approx(dict(shipped.card.metrics[split]), abs=2e-4)  # two images of ten thousand


GOALS = {
    ("test", "accepted_correct"): (0.9972, 1),
    ("test", "nll"): (0.012, -1),
    ("test", "ece"): (0.003, -1),
    ("test", "refused"): (0.005, -1),
    ("usps", "accepted_correct"): (0.99, 1),
    ("exam-digits", "accepted_correct"): (0.98, 1),
    ("exam-digits", "refused"): (0.01, -1),
    ("no digit", "refused"): (0.97, 1),
}
"""What it is meant to reach, at least (1) or at most (-1); a digit that is refused is not read right."""
MISSED = {
    (
        "test",
        "accepted_correct",
    ): "99.44 %: 34 errors, as many as a column of its teachers makes, and 22 refused",
    ("usps", "accepted_correct"): "98.70 %: 67 errors, and many of what is refused is a dash or half a digit",
}


@pytest.mark.parametrize(
    "goal",
    [
        pytest.param(one, marks=[pytest.mark.xfail(reason=MISSED[one], strict=True)] if one in MISSED else [])
        for one in GOALS
    ],
    ids="-".join,
)
def test_the_goal_is_reached(goal: tuple[str, str], shipped: Artifact) -> None:
    (measured, what), (wanted, sign) = goal, GOALS[goal]
    assert sign * shipped.card.metrics[measured][what] >= sign * wanted


def test_its_sets_cover_test_at_the_stated_rates(shipped: Artifact, mnist: Dataset) -> None:
    # Of 10,000 sets at a rate r the number that miss is binomial; its deviation is sqrt(10000 r (1 - r)), and
    # that of the calibrating 5,000 adds twice its variance. No rate misses by over three deviations.
    logits = shipped.network.logits(mnist.test.images)
    for rate, covered in evaluate_artifact(
        logits, mnist.test.labels, shipped.card.calibration
    ).coverages.items():
        assert 1 - covered.rate <= rate + 3 * np.sqrt(3 * rate * (1 - rate) / 10_000)


def test_it_refuses_what_holds_no_digit(shipped: Artifact, mnist: Dataset) -> None:
    logits = shipped.network.logits(sample_negatives(negative_generators(mnist.valid), 100, seed=2))
    assert (~shipped.card.calibration.is_accepted(logits)).mean() >= 0.9
