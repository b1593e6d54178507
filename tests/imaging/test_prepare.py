"""Prepare: normalized images pass unchanged, a digit gives the same image in any picture, and each reason."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn_digits import FIVE, FOUR, SEVEN, as_ink, draw, encode, mean_difference, photograph
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from PIL import ExifTags, Image

from inklab.data import Dataset
from inklab.errors import PictureError
from inklab.imaging import prepare_image
from inklab.imaging.normalize import is_normalized
from inklab.imaging.strokes import stroke_width

SIMILAR = 10  # gray levels, on average
Page = NDArray[Any]


def test_mnist_images_pass_unchanged_in_either_polarity(mnist: Dataset) -> None:
    unchanged = 0
    for image in mnist.test.images[:500]:
        assert mean_difference(prepare_image(image).image, image) < 1
        both = [prepare_image(image).image, prepare_image(255 - image).image]
        unchanged += all(prepared is not None and np.array_equal(prepared, image) for prepared in both)
    assert unchanged >= 498  # except the few whose longer side is 19


def test_mnist_images_in_files_pass_unchanged(mnist: Dataset) -> None:
    image = mnist.test.images[0]
    assert_array_equal(prepare_image(encode(image)).image, image)
    assert_array_equal(prepare_image(encode(255 - image, "TIFF")).image, image)


def colorize(page: Page) -> Page:
    share = (page / 255)[..., np.newaxis]
    return np.asarray(share * [250, 235, 150] + (1 - share) * [30, 60, 190], np.uint8)


def on_transparent(page: Page) -> Page:
    return np.stack([np.full_like(page, 255)] * 3 + [255 - page], axis=2)


def rotated_by_exif(page: Page) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return encode(np.ascontiguousarray(np.rot90(page)), "JPEG", exif=exif)


PICTURES: dict[str, Callable[[list[list[tuple[float, float]]]], Page | bytes]] = {
    "drawn": lambda digit: encode(draw(digit)),
    "inverted": lambda digit: encode(255 - draw(digit), "BMP"),
    "photo": lambda digit: encode(photograph(draw(digit, size=400, pen=24, ink=50, paper=215)), "JPEG"),
    "rotated photo": lambda digit: rotated_by_exif(photograph(draw(digit, ink=50, paper=215))),
    "tiny": lambda digit: encode(draw(digit, size=24, pen=1), "GIF"),
    "huge": lambda digit: encode(draw(digit, size=2400, pen=144), "JPEG"),
    "colored": lambda digit: encode(colorize(draw(digit))),
    "on a transparent canvas": lambda digit: on_transparent(draw(digit)),
    "sixteen bits": lambda digit: encode(draw(digit).astype(np.uint16) * 40 + 3000, "TIFF"),
    "one bit": lambda digit: draw(digit) > 127,
    "thin": lambda digit: encode(draw(digit, size=1000, pen=1)),
}


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("digit", [SEVEN, FOUR, FIVE], ids=["seven", "four", "five"])
def test_a_digit_gives_the_same_image_in_any_picture(
    kind: str, digit: list[list[tuple[float, float]]]
) -> None:
    prepared = prepare_image(PICTURES[kind](digit))
    assert prepared.reason is None
    assert prepared.image is not None
    assert prepared.image.shape == (28, 28)
    assert prepared.image.dtype == np.uint8
    assert is_normalized(prepared.image)
    assert_array_equal(prepare_image(prepared.image).image, prepared.image)
    assert stroke_width(as_ink(prepared.image)) > 1
    if kind not in {"thin", "tiny"}:
        assert mean_difference(prepared.image, prepare_image(draw(digit)).image) < SIMILAR


def test_a_blank_picture_gives_a_reason() -> None:
    for picture in (np.zeros((28, 28)), encode(np.full((50, 50, 3), 200, np.uint8)), np.ones((1, 1))):
        prepared = prepare_image(picture)
        assert prepared.image is None
        assert prepared.reason == "blank"


def test_a_file_that_is_not_a_picture_is_an_error() -> None:
    with pytest.raises(PictureError, match="starts with 73 65 76 65; expected PNG"):
        prepare_image(io.BytesIO(b"seven"))
