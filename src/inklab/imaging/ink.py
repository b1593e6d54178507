"""Find the ink of the digit: which pixels belong to it, and how strongly."""

import numpy as np

from inklab.imaging.background import estimate_contrast
from inklab.imaging.components import Reason, remove_frames, select_digit
from inklab.imaging.frame import crop_frame
from inklab.imaging.gray import GrayImage, downscale
from inklab.imaging.normalize import extent
from inklab.imaging.padding import crop_padding
from inklab.imaging.page import crop_page
from inklab.imaging.ruled_lines import remove_lines

MIN_CONTRAST = 0.03  # the smallest contrast that counts as ink; black on white is 1
_MAX_SIDE = 400  # pixels of the picture in which ink is searched
_SMALL = 4  # a digit smaller than 1/4 of them is searched again in a crop
_MIN_PEAK_SNR, _MIN_INK_SNR = 6, 3  # standard deviations of the background: of full ink, of any ink
_MIN_EVEN_INK = 0.06  # of full ink; on an even background, less is no ink
_NO_INK, _FULL_INK = 0.2, 0.75  # of full ink; on an uneven background, less is no ink and more is full ink


def find_ink(gray: GrayImage) -> GrayImage | Reason:
    """Return the ink of the digit in a picture, or the reason why there is no digit.

    The steps are `crop_padding`, `crop_page`, `remove_lines`, `crop_frame`, `estimate_contrast`,
    `remove_frames`, and `select_digit`. A small digit is searched again in a crop of the picture around it.

    Returns:
        (h', w') float32 in [0, 1], 1 full ink, exactly 0 where there is no ink; no side is longer than 400.
    """
    gray = crop_frame(remove_lines(crop_page(crop_padding(gray))))
    small = downscale(gray, _MAX_SIDE)
    ink = _find_ink(small)
    if isinstance(ink, str) or small is gray:
        return ink
    extents = extent(ink.any(axis=1)), extent(ink.any(axis=0))
    size = max(stop - start for start, stop in extents)
    if size * _SMALL >= _MAX_SIDE:
        return ink
    crop = tuple(
        slice(int(max(0, start - size / 2) * scale), int((stop + size / 2) * scale))
        for (start, stop), scale in zip(extents, np.divide(gray.shape, small.shape), strict=True)
    )
    finer_ink = _find_ink(downscale(gray[crop], _MAX_SIDE))
    return ink if isinstance(finer_ink, str) and finer_ink == "blank" else finer_ink


def _find_ink(gray: GrayImage) -> GrayImage | Reason:
    contrast = estimate_contrast(gray)
    if contrast.peak < max(MIN_CONTRAST, _MIN_PEAK_SNR * contrast.noise):
        return "blank"
    ink = np.minimum(contrast.ink / contrast.peak, 1)
    if contrast.is_even:
        ink[ink < _MIN_EVEN_INK] = 0
    else:
        no_ink = max(_NO_INK, _MIN_INK_SNR * contrast.noise / contrast.peak)
        ink = np.clip((ink - no_ink) / (_FULL_INK - no_ink), 0, 1)
    return select_digit(remove_frames(ink))
