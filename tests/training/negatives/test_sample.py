"""Images without a digit: placed as digits are, the same for a seed, none that resembles a digit."""

import numpy as np
import pytest
from matplotlib.font_manager import get_font
from numpy.testing import assert_array_equal

from inklab.data import Dataset, Split
from inklab.errors import DataError
from inklab.imaging import normalize
from inklab.training.negatives.letters import KEPT_APART, LETTERS, learned_fonts
from inklab.training.negatives.sample import add_negatives, negative_generators, sample_negatives

LIKE_A_DIGIT = "0123456789OoQDIlijJLZzSsBGbgqyTОоӨΟοΘØøĐđІіЈјŁłЗзЭэбЬьЅѕΖζβгтТτ"  # noqa: RUF001
LIKE_ONE_KEPT_APART = "ĦħНнΗЊњЋћЂђһÞþРрρŊŋΝŦŧ†μµυωΥҮ¥"


def test_they_come_after_the_digits_as_an_eleventh_class(mnist: Dataset) -> None:
    train = mnist.train[:5]
    found = add_negatives(train, 3, seed=1)
    assert found.classes == 11
    assert found.labels.tolist() == [*train.labels, 10, 10, 10]
    assert found.labels.dtype == np.int64
    assert_array_equal(found.images[:5], train.images)
    assert_array_equal(found.images[5:], sample_negatives(negative_generators(train), 3, seed=1))


def test_a_seed_names_them(mnist: Dataset) -> None:
    first, second, other = (
        sample_negatives(negative_generators(mnist.valid), 30, seed=seed) for seed in (1, 1, 2)
    )
    assert_array_equal(first, second)
    assert not (first == other).all(axis=(1, 2)).any()


def test_each_is_placed_as_any_picture_is(mnist: Dataset) -> None:
    for kind in dict.fromkeys(negative_generators(mnist.valid)):
        images = sample_negatives([kind], 4, seed=3)
        assert images.shape == (4, 28, 28)
        assert len({image.tobytes() for image in images}) == 4
        for image in images:
            assert_array_equal(normalize(image.astype(np.float32) / 255), image)


def test_letters_resemble_no_digit_and_some_are_kept_apart() -> None:
    assert len(set(LETTERS)) == len(LETTERS)
    assert not set(LETTERS + KEPT_APART) & set(LIKE_A_DIGIT)
    assert not set(LETTERS) & set(KEPT_APART + LIKE_ONE_KEPT_APART)


def test_every_font_has_every_letter() -> None:
    fonts = [get_font(font) for font in learned_fonts()]
    assert len(fonts) == 16
    assert all(font.get_char_index(ord(sign)) for font in fonts for sign in LETTERS)


def test_they_are_made_of_digits_with_ink_and_some_that_can_be_turned(mnist: Dataset) -> None:
    blank = Split(np.zeros((2, 28, 28), np.uint8), np.array([3, 4]), "blank")
    upright = mnist.train[~np.isin(mnist.train.labels, (3, 4))][:50]
    for digits, name in ((blank, "blank"), (upright, "train")):
        with pytest.raises(DataError, match=f"^{name} has no ink, or no 3 or 4 to be turned; expected both$"):
            negative_generators(digits)
