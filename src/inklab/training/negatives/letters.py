"""Letters and signs that do not look like a digit, in two type families that matplotlib includes."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inklab.training.negatives.shapes import CANVAS_SIZE, Ink, as_ink

TRAINING_LETTERS = "ACEFKMPRVXadefkmnrvxÆæŒœΓΔΛΞΠΣΨΩηκλπφχψЖЛЦШЩЮЯЫИЙДФЉѢжцшщюфдљ&%@#+=*<^‡¶£€$¤±÷©®"
TEST_LETTERS = "HNUWYhptuw"
"""Characters that never occur in training, to measure how many new letters a network refuses."""


def random_letter(rng: np.random.Generator) -> Ink:
    """Return a letter or sign, slightly deformed, with thin or bold strokes."""
    ink = render_text(TRAINING_LETTERS[rng.integers(len(TRAINING_LETTERS))], Path(rng.choice(font_paths())))
    matrix = np.eye(2) + rng.uniform(-0.25, 0.25, (2, 2))
    offset = CANVAS_SIZE - matrix @ np.full(2, CANVAS_SIZE)  # keeps the center in place
    ink = np.asarray(cv2.warpAffine(ink, np.column_stack([matrix, offset]), ink.shape), np.float32)
    pen = int(rng.integers(1, 7))
    return np.asarray(cv2.dilate(ink, np.ones((pen, pen), np.uint8)), np.float32)


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
