"""Negatives: normalized as digits are, the same for the same seed, and unlike any digit."""

import numpy as np
import pytest
from matplotlib.font_manager import get_font
from numpy.testing import assert_array_equal

from inklab.data import Dataset, Split
from inklab.errors import DataError
from inklab.imaging import normalize
from inklab.training.negatives.letters import TEST_LETTERS, TRAINING_LETTERS, font_paths
from inklab.training.negatives.sample import negative_generators, sample_negatives

SIMILAR_TO_DIGITS = "0123456789OoQDIlijJLZzSsBGbgqyTОоӨΟοΘØøĐđІіЈјŁłЗзЭэбЬьЅѕΖζβгтТτ"  # noqa: RUF001
SIMILAR_TO_TEST_LETTERS = "ĦħНнΗЊњЋћЂђһÞþРрρŊŋΝŦŧ†μµυωΥҮ¥"


def test_the_seed_determines_the_images(mnist: Dataset) -> None:
    generators = negative_generators(mnist.valid)
    first, second, other = (
        sample_negatives(generators, 30, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert_array_equal(first, second)
    assert not (first == other).all(axis=(1, 2)).any()


def test_every_generator_gives_normalized_images(mnist: Dataset) -> None:
    for generator in dict.fromkeys(negative_generators(mnist.valid)):
        images = sample_negatives([generator], 4, np.random.default_rng(3))
        assert images.shape == (4, 28, 28)
        assert len({image.tobytes() for image in images}) == 4
        for image in images:
            assert_array_equal(normalize(image.astype(np.float32) / 255), image)


def test_letters_are_unlike_digits_and_unlike_the_test_letters() -> None:
    assert len(set(TRAINING_LETTERS)) == len(TRAINING_LETTERS)
    assert not set(TRAINING_LETTERS + TEST_LETTERS) & set(SIMILAR_TO_DIGITS)
    assert not set(TRAINING_LETTERS) & set(TEST_LETTERS + SIMILAR_TO_TEST_LETTERS)


def test_every_font_has_every_letter() -> None:
    fonts = [get_font(font) for font in font_paths()]
    assert len(fonts) == 16
    assert all(font.get_char_index(ord(sign)) for font in fonts for sign in TRAINING_LETTERS)


def test_digits_without_ink_or_without_3_and_4_are_refused(mnist: Dataset) -> None:
    blank = Split(np.zeros((2, 28, 28), np.uint8), np.array([3, 4]), "blank")
    upright = mnist.train[~np.isin(mnist.train.labels, (3, 4))][:50]
    for digits, name in ((blank, "blank"), (upright, "train")):
        with pytest.raises(
            DataError, match=f"^{name} has no 3 or 4 with ink; expected some, to rotate them$"
        ):
            negative_generators(digits)
