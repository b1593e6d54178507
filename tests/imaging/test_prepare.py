"""From a picture to an image: what comes in as an image goes out as one, and every reason is named."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn_digits import FIVE, FOUR, SEVEN, apart, as_ink, drawn, encoded, photographed
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from PIL import ExifTags, Image

from inklab.data import Dataset
from inklab.errors import PictureError
from inklab.imaging import prepare_image
from inklab.imaging.normalize import is_placed
from inklab.imaging.strokes import LEAST_WIDTH, stroke_width

ALIKE = 10  # levels of grey, on average
Page = NDArray[Any]


def test_images_of_mnist_pass_unchanged_in_either_polarity(mnist: Dataset) -> None:
    unchanged = 0
    for image in mnist.test.images[:500]:
        assert apart(prepare_image(image).image, image) < 1
        both = [prepare_image(image).image, prepare_image(255 - image).image]
        unchanged += all(placed is not None and np.array_equal(placed, image) for placed in both)
    assert unchanged >= 498  # but for one in thousands whose longest side is 19


def test_images_pass_through_files(mnist: Dataset) -> None:
    image = mnist.test.images[0]
    assert_array_equal(prepare_image(encoded(image)).image, image)
    assert_array_equal(prepare_image(encoded(255 - image, "TIFF")).image, image)


def coloured(page: Page) -> Page:
    share = (page / 255)[..., np.newaxis]
    return np.asarray(share * [250, 235, 150] + (1 - share) * [30, 60, 190], np.uint8)


def on_clear(page: Page) -> Page:
    return np.stack([np.full_like(page, 255)] * 3 + [255 - page], axis=2)


def turned_by_camera(page: Page) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return encoded(np.ascontiguousarray(np.rot90(page)), "JPEG", exif=exif)


PICTURES: dict[str, Callable[[list[list[tuple[float, float]]]], Page | bytes]] = {
    "drawn": lambda digit: encoded(drawn(digit)),
    "inverted": lambda digit: encoded(255 - drawn(digit), "BMP"),
    "photo": lambda digit: encoded(photographed(drawn(digit, size=400, pen=24, ink=50, paper=215)), "JPEG"),
    "turned photo": lambda digit: turned_by_camera(photographed(drawn(digit, ink=50, paper=215))),
    "tiny": lambda digit: encoded(drawn(digit, size=24, pen=1), "GIF"),
    "huge": lambda digit: encoded(drawn(digit, size=2400, pen=144), "JPEG"),
    "coloured": lambda digit: encoded(coloured(drawn(digit))),
    "on a clear canvas": lambda digit: on_clear(drawn(digit)),
    "sixteen bits": lambda digit: encoded(drawn(digit).astype(np.uint16) * 40 + 3000, "TIFF"),
    "one bit": lambda digit: drawn(digit) > 127,
    "thin": lambda digit: encoded(drawn(digit, size=1000, pen=1)),
}


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("digit", [SEVEN, FOUR, FIVE], ids=["seven", "four", "five"])
def test_a_digit_is_the_same_in_any_picture(kind: str, digit: list[list[tuple[float, float]]]) -> None:
    placed = prepare_image(PICTURES[kind](digit))
    assert placed.reason is None
    assert placed.image is not None
    assert placed.image.shape == (28, 28)
    assert placed.image.dtype == np.uint8
    assert is_placed(placed.image)
    assert_array_equal(prepare_image(placed.image).image, placed.image)
    assert stroke_width(as_ink(placed.image)) > LEAST_WIDTH
    if kind not in {"thin", "tiny"}:
        assert apart(placed.image, prepare_image(drawn(digit)).image) < ALIKE


def test_a_blank_picture_is_no_error() -> None:
    for picture in (np.zeros((28, 28)), encoded(np.full((50, 50, 3), 200, np.uint8)), np.ones((1, 1))):
        placed = prepare_image(picture)
        assert placed.image is None
        assert placed.reason == "blank"


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(PictureError, match="starts with 73 65 76 65; expected PNG"):
        prepare_image(io.BytesIO(b"seven"))
