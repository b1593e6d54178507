"""Letters and signs that do not look like a digit, printed or written with a pen."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inklab.training.negatives.shapes import (
    CANVAS_SIZE,
    Ink,
    as_ink,
    deform,
    draw_stroke,
    happens,
    round_corners,
)

TRAINING_LETTERS = "ACEFKMPRVXadefkmnrvxÆæŒœΓΔΛΞΠΣΨΩηκλπφχψЖЛЦШЩЮЯЫИЙДФЉѢжцшщюфдљ&%@#+=*<^‡¶£€$¤±÷©®"
TEST_LETTERS = "HNUWYhptuw"
"""Letters that training has only as a pen writes them; in print, they measure what a network refuses."""

_PEN_CAPITALS, _PEN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXY", "acdefhkmnprtuvwxy"
UPRIGHT_PENS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX_SMALL)
"""Fonts whose signs are a few strokes of one width."""
_HERSHEY_SCALE = 2.2  # makes capitals about 46 pixels high
_SCRIPT_SHARE, _ALPHA_SHARE = 0.3, 0.05  # of the letters of a pen
_ALPHA = np.array(
    [(65, 18), (53, 45), (37, 63), (20, 60), (14, 40), (22, 20), (38, 17), (53, 38), (66, 64)], float
)


def random_letter(rng: np.random.Generator) -> Ink:
    """Return a letter or sign, slightly deformed, with thin or bold strokes."""
    ink = render_text(TRAINING_LETTERS[rng.integers(len(TRAINING_LETTERS))], Path(rng.choice(font_paths())))
    pen = int(rng.integers(1, 7))
    return np.asarray(cv2.dilate(deform(rng, ink, 0.25), np.ones((pen, pen), np.uint8)), np.float32)


def pen_letter(rng: np.random.Generator) -> Ink:
    """Return an alpha, or a letter in a Hershey font, with strokes like a pen's, slightly deformed.

    Script capitals are left out, since some look like a digit, such as a Q like a 2.
    """
    if happens(rng, _ALPHA_SHARE):
        return deform(rng, draw_stroke(rng, round_corners(_ALPHA)), 0.25)
    if happens(rng, _SCRIPT_SHARE):
        return write_sign(rng, str(rng.choice(list(_PEN_LETTERS))), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)
    letter = str(rng.choice(list(_PEN_CAPITALS + _PEN_LETTERS)))
    return write_sign(rng, letter, int(rng.choice(UPRIGHT_PENS)))


def write_sign(rng: np.random.Generator, sign: str, font: int) -> Ink:
    """Return a sign in a Hershey font of OpenCV, with a pen of any width."""
    page, origin = np.zeros((2 * CANVAS_SIZE, 2 * CANVAS_SIZE), np.uint8), (50, 105)
    cv2.putText(page, sign, origin, font, _HERSHEY_SCALE, 255, int(rng.integers(2, 11)), cv2.LINE_AA)
    return deform(rng, as_ink(page), 0.25)


def random_word(rng: np.random.Generator) -> Ink:
    """Return two or three letters or signs in a row."""
    text = "".join(rng.choice(list(TRAINING_LETTERS), rng.integers(2, 4)))
    return render_text(text, Path(rng.choice(font_paths())))


def render_text(text: str, font: Path) -> Ink:
    """Return a text as ink, in the center of a page twice as wide and high as the canvas."""
    page, truetype = Image.new("L", (2 * CANVAS_SIZE, 2 * CANVAS_SIZE)), ImageFont.truetype(str(font), 60)
    ImageDraw.Draw(page).text((CANVAS_SIZE, CANVAS_SIZE), text, fill=255, font=truetype, anchor="mm")
    return as_ink(np.asarray(page))


@cache
def font_paths() -> tuple[str, ...]:
    """Return the paths of the fonts that have every letter."""
    from matplotlib import get_data_path  # noqa: PLC0415  (needed only to make letters)

    folder, incomplete = Path(get_data_path()) / "fonts/ttf", ("Display", "Siz", "NonUni")
    patterns = ("DejaVuSans*.ttf", "DejaVuSerif*.ttf", "STIXGeneral*.ttf")
    paths = sorted(str(path) for pattern in patterns for path in folder.glob(pattern))
    return tuple(path for path in paths if not any(part in path for part in incomplete))
