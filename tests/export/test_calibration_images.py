"""The images for calibration: the validation images first, then a degraded copy of each."""

import numpy as np
from numpy.testing import assert_array_equal

from inklab.data import Dataset
from inklab.export.calibration_images import calibration_images


def test_copies_follow_the_images_and_are_other_images_of_the_same_digits(mnist: Dataset) -> None:
    valid = mnist.valid[:1500]
    images, labels = calibration_images(valid)
    assert images.shape == (3000, 28, 28)
    assert images.dtype == np.uint8
    assert_array_equal(images[:1500], valid.images)
    assert_array_equal(labels, [*valid.labels, *valid.labels])
    assert not (images[1500:] == valid.images).all(axis=(1, 2)).any()
    assert images[1500:].any(axis=(1, 2)).all(), "no copy is blank"
    assert_array_equal(calibration_images(valid)[0], images, "they are the same each time")
