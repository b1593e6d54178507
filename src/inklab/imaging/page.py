"""Find a sheet of paper in the picture, such as a note on a desk or a canvas on a web page."""

import math

import cv2
import numpy as np
from cv2.typing import MatLike

from inklab.imaging.gray import GrayImage, downscale

_MIN_SIDE = 40  # pixels; in smaller pictures, a sheet cannot be distinguished from a digit
_THUMBNAIL = 160  # pixels; enough for the edges of a sheet
_MIN_AREA = 0.1  # of the picture
_MIN_FILL = 0.85  # of the smallest rotated rectangle around the sheet; a thick 0 fills 0.79
_BARE_SHARE = (0.75, 0.995)  # of a sheet is bare: less is a thick 0, more has nothing written on it
_INNER = 0.94  # of its sides is kept, without the edges


def crop_page(gray: GrayImage) -> GrayImage:
    """Return the sheet in the picture, rotated upright, or the picture if there is no sheet."""
    if min(gray.shape) < _MIN_SIDE:
        return gray
    small = np.rint(downscale(gray, _THUMBNAIL) * 255).astype(np.uint8)
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    for mask in (bright, 255 - bright):
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        outline = max(contours, key=cv2.contourArea, default=None)
        if outline is not None and _is_page(outline, mask):
            return _crop(gray, outline, gray.shape[1] / small.shape[1])
    return gray


def _is_page(outline: MatLike, mask: MatLike) -> bool:
    area = cv2.contourArea(outline)
    _, (width, height), _ = cv2.minAreaRect(outline)
    is_across = np.equal(cv2.boundingRect(outline)[2:], mask.shape[::-1]).any()
    if is_across or area < _MIN_AREA * mask.size or area < _MIN_FILL * width * height:
        return False
    inside = cv2.drawContours(np.zeros_like(mask), [outline], -1, 255, cv2.FILLED)
    bare = cv2.countNonZero(cv2.bitwise_and(mask, inside)) / cv2.countNonZero(inside)
    return _BARE_SHARE[0] <= bare < _BARE_SHARE[1]


def _crop(gray: GrayImage, outline: MatLike, scale: float) -> GrayImage:
    (x, y), (width, height), angle = cv2.minAreaRect(outline)
    if abs(angle) > 45:  # noqa: PLR2004  (rotate by the smaller angle)
        angle, width, height = angle - math.copysign(90, angle), height, width
    width, height = width * scale * _INNER, height * scale * _INNER
    matrix = cv2.getRotationMatrix2D((x * scale, y * scale), angle, 1)
    matrix[:, 2] += np.array([width / 2 - x * scale, height / 2 - y * scale])
    upright = cv2.warpAffine(gray, matrix, (round(width), round(height)), flags=cv2.INTER_LINEAR)
    return np.asarray(upright, np.float32)
