"""Draw strokes on a digit with the pen that wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklab.training.negatives.shapes import Ink, as_ink

HALF_INK = 0.5
"""More is on a stroke, less is beside it."""
_ANY_INK = 0.3  # more belongs to the digit's box
_SCALE, _MARGIN = 3, 30  # a digit is enlarged three times, with room for new strokes
_PAGE_SIZE = 140  # pixels
_MAX_SLANT = 0.7  # of a 1, sideways per height; a flag on a more slanted one makes a 7
_MAX_SPREAD = 0.12  # of a 1, the standard deviation across its stroke per height; more has a flag already

Point = NDArray[np.float64]
"""(2,) x and y in pixels."""


@dataclass(frozen=True, eq=False)
class Pen:
    """A digit to draw on, with the pen that wrote it."""

    ink: Ink  # (h, w), with a margin
    width: float  # of its strokes, pixels
    box: tuple[float, float, float, float]  # left, top, right, bottom of the digit

    @classmethod
    def on(cls, image: NDArray[np.uint8]) -> "Pen":
        """Return an image (28, 28) uint8, ink 255 on 0, enlarged to (144, 144); it has full ink."""
        size = _SCALE * len(image)
        ink = as_ink(np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC), np.uint8))
        ink = np.pad(ink, _MARGIN)
        rows, columns = (np.flatnonzero((ink > _ANY_INK).any(axis=axis)) for axis in (1, 0))
        to_paper = _distance_to_paper(ink)
        # From edge to edge, the distance of pixel centers from the paper is w / 4 + 1 / 2 on average.
        width = max(1.0, 4 * float(to_paper[to_paper > 0].mean()) - 2) if to_paper.any() else 1.0
        return cls(ink, width, (float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])))

    @classmethod
    def blank(cls, width: float) -> "Pen":
        """Return an empty page for a drawing of 140 x 140 pixels, with a pen of this width in pixels."""
        return cls(np.zeros((_PAGE_SIZE, _PAGE_SIZE), np.float32), width, (0, 0, 0, 0))

    @property
    def height(self) -> float:
        """The height of the digit in pixels."""
        return self.box[3] - self.box[1]

    def thinned(self, part: float) -> "Pen":
        """Return the digit with strokes thinner by a part of their width, a fraction in [0, 1]."""
        edge = part * self.width / 2
        to_paper = _distance_to_paper(self.ink)
        thin = np.asarray(np.clip(to_paper - edge, 0, 1), np.float32)
        return Pen(np.minimum(self.ink, thin), self.width - 2 * edge, self.box)

    def draw(self, *points: Sequence[float] | Point, width: float | None = None) -> "Pen":
        """Return the digit with another stroke through points (x, y), as wide as the others by default."""
        stroke = np.zeros(self.ink.shape, np.uint8)
        path = np.rint(np.array(points) * 16).astype(np.int32)  # in sixteenths of a pixel
        thickness = max(2, round(width or self.width))
        cv2.polylines(
            stroke, [path], isClosed=False, color=255, thickness=thickness, lineType=cv2.LINE_AA, shift=4
        )
        return Pen(np.maximum(self.ink, as_ink(stroke)), self.width, self.box)


def stroke_ends(pen: Pen) -> tuple[Point, Point] | None:
    """Return the upper and the lower end of a digit that is one plain stroke, or None."""
    y, x = np.nonzero(pen.ink > HALF_INK)
    slope, intercept = np.polyfit(y, x, 1)
    if abs(slope) > _MAX_SLANT or np.std(x - (intercept + slope * y)) > _MAX_SPREAD * pen.height:
        return None
    inset = pen.width / 2
    top, bottom = y.min() + inset, y.max() - inset
    if bottom - top < 2 * pen.width:
        return None
    near_top, near_bottom = x[y <= y.min() + 2 * inset], x[y >= y.max() - 2 * inset]
    return np.array([near_top.mean(), top]), np.array([near_bottom.mean(), bottom])


def _distance_to_paper(ink: Ink) -> NDArray[np.float32]:
    """Return the distance (h, w) of each pixel of a stroke from the nearest pixel beside it; 0 beside it."""
    is_stroke = (ink > HALF_INK).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(is_stroke, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
