"""Letters and signs that resemble no digit, in two families of type that matplotlib brings."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inklab.training.negatives.shapes import PAGE_SIZE, Ink, as_ink

LETTERS = "ACEFKMPRVXadefkmnrvxÆæŒœΓΔΛΞΠΣΨΩηκλπφχψЖЛЦШЩЮЯЫИЙДФЉѢжцшщюфдљ&%@#+=*<^‡¶£€$¤±÷©®"
"""What is learned from."""
KEPT_APART = "HNUWYhptuw"
"""What is not: by these a network is judged that has learned from the others."""
LEARNED_FONTS = ("DejaVuSans*.ttf", "DejaVuSerif*.ttf", "STIXGeneral*.ttf")
"""Patterns of the files in matplotlib's folder of fonts that letters are set in."""


def letter(rng: np.random.Generator) -> Ink:
    """Return a letter or sign, slanted, turned and stretched a little, thin or bold."""
    ink = set_letter(LETTERS[rng.integers(len(LETTERS))], Path(rng.choice(learned_fonts())))
    deformed = np.eye(2) + rng.uniform(-0.25, 0.25, (2, 2))
    moved = PAGE_SIZE - deformed @ np.full(2, PAGE_SIZE)  # the middle stays where it is
    ink = np.asarray(cv2.warpAffine(ink, np.column_stack([deformed, moved]), ink.shape), np.float32)
    pen = int(rng.integers(1, 7))
    return np.asarray(cv2.dilate(ink, np.ones((pen, pen), np.uint8)), np.float32)


def letters(rng: np.random.Generator) -> Ink:
    """Return two or three of `LETTERS`, as the beginning of a word."""
    count = rng.integers(2, 4)
    return set_letter("".join(rng.choice(list(LETTERS), count)), Path(rng.choice(learned_fonts())))


def set_letter(text: str, font: Path) -> Ink:
    """Return a text as ink, in the middle of a page twice the size of the canvas."""
    page = Image.new("L", (2 * PAGE_SIZE, 2 * PAGE_SIZE))
    ImageDraw.Draw(page).text(
        (PAGE_SIZE, PAGE_SIZE), text, fill=255, font=ImageFont.truetype(str(font), 60), anchor="mm"
    )
    return as_ink(np.asarray(page))


@cache
def learned_fonts() -> tuple[str, ...]:
    """Return the paths of the fonts that `LEARNED_FONTS` names, each with every letter."""
    from matplotlib import get_data_path  # noqa: PLC0415  (only who makes such images needs it)

    folder = Path(get_data_path()) / "fonts/ttf"
    skipped = ("Display", "Siz", "NonUni")
    found = sorted(str(path) for pattern in LEARNED_FONTS for path in folder.glob(pattern))
    return tuple(name for name in found if not any(part in name for part in skipped))
