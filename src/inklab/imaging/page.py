"""A sheet in the picture: paper on a desk, a canvas on a page. What is written is written on the sheet."""

import math

import cv2
import numpy as np
from cv2.typing import MatLike

from inklab.imaging.gray import GrayImage, reduced

_LEAST_SIDE = 40  # pixels; in less, a sheet and a digit cannot be told apart
_THUMBNAIL = 160  # pixels; edges of a sheet need no more
_LEAST_AREA = 0.1  # of the picture
_LEAST_FILL = 0.85  # of the smallest upright or turned rectangle around it; of a thick 0 it is 0.79
_BARE = (0.75, 0.995)  # of a sheet is bare: less is a thick 0, more has nothing written on it
_INNER = 0.94  # of its sides is kept, so that no edge is


def sheet_of(grey: GrayImage) -> GrayImage:
    """Return the sheet that lies in the picture, upright, or the picture if there is none."""
    if min(grey.shape) < _LEAST_SIDE:
        return grey
    small = np.rint(reduced(grey, _THUMBNAIL) * 255).astype(np.uint8)
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    for mask in (bright, 255 - bright):
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        outline = max(contours, key=cv2.contourArea, default=None)
        if outline is not None and _is_sheet(outline, mask):
            return _cut_out(grey, outline, grey.shape[1] / small.shape[1])
    return grey


def _is_sheet(outline: MatLike, mask: MatLike) -> bool:
    area = cv2.contourArea(outline)
    _, (wide, high), _ = cv2.minAreaRect(outline)
    if area < _LEAST_AREA * mask.size or area < _LEAST_FILL * wide * high:
        return False
    _, _, width, height = cv2.boundingRect(outline)
    if width == mask.shape[1] or height == mask.shape[0]:
        return False
    whole = cv2.drawContours(np.zeros_like(mask), [outline], -1, 255, cv2.FILLED)
    bare = cv2.countNonZero(cv2.bitwise_and(mask, whole)) / cv2.countNonZero(whole)
    return _BARE[0] <= bare < _BARE[1]


def _cut_out(grey: GrayImage, outline: MatLike, scale: float) -> GrayImage:
    (x, y), (wide, high), angle = cv2.minAreaRect(outline)
    if abs(angle) > 45:  # noqa: PLR2004  (the nearest way to upright)
        angle, wide, high = angle - math.copysign(90, angle), high, wide
    wide, high = wide * scale * _INNER, high * scale * _INNER
    turn = cv2.getRotationMatrix2D((x * scale, y * scale), angle, 1)
    turn[:, 2] += np.array([wide / 2 - x * scale, high / 2 - y * scale])
    upright = cv2.warpAffine(grey, turn, (round(wide), round(high)), flags=cv2.INTER_LINEAR)
    return np.asarray(upright, np.float32)
