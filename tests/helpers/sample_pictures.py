"""Sample pictures: digits and other things, as people draw, scan and photograph them.

Every digit is a few strokes written for these tests, not taken from MNIST. A stroke is a list of points
(x, y) of the unit square. A smooth curve joins the points; the pen position has noise, as with a mouse.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels: TypeAlias = NDArray[np.uint8]
Strokes: TypeAlias = Sequence[Sequence[tuple[float, float]]]
Color: TypeAlias = tuple[int, int, int]

DIGITS: Mapping[int, Strokes] = {
    0: [
        [
            (0.55, 0.1),
            (0.32, 0.25),
            (0.25, 0.55),
            (0.38, 0.88),
            (0.6, 0.9),
            (0.76, 0.6),
            (0.72, 0.25),
            (0.53, 0.09),
        ]
    ],
    1: [[(0.58, 0.08), (0.53, 0.4), (0.5, 0.65), (0.46, 0.92)]],
    2: [
        [
            (0.25, 0.3),
            (0.38, 0.11),
            (0.62, 0.12),
            (0.72, 0.3),
            (0.6, 0.52),
            (0.38, 0.74),
            (0.22, 0.89),
            (0.5, 0.88),
            (0.8, 0.87),
        ]
    ],
    3: [
        [
            (0.28, 0.18),
            (0.5, 0.08),
            (0.7, 0.22),
            (0.62, 0.42),
            (0.42, 0.48),
            (0.66, 0.54),
            (0.75, 0.74),
            (0.55, 0.92),
            (0.26, 0.85),
        ]
    ],
    4: [
        [(0.52, 0.1), (0.36, 0.38), (0.2, 0.62), (0.5, 0.61), (0.84, 0.58)],
        [(0.66, 0.36), (0.62, 0.6), (0.58, 0.93)],
    ],
    5: [
        [
            (0.34, 0.12),
            (0.31, 0.3),
            (0.29, 0.47),
            (0.52, 0.41),
            (0.72, 0.58),
            (0.64, 0.84),
            (0.42, 0.92),
            (0.25, 0.83),
        ],
        [(0.34, 0.12), (0.74, 0.1)],
    ],
    6: [
        [
            (0.66, 0.1),
            (0.44, 0.28),
            (0.29, 0.62),
            (0.38, 0.88),
            (0.6, 0.9),
            (0.71, 0.7),
            (0.55, 0.56),
            (0.33, 0.68),
        ]
    ],
    7: [[(0.22, 0.14), (0.48, 0.14), (0.76, 0.12), (0.62, 0.42), (0.5, 0.66), (0.42, 0.92)]],
    8: [
        [
            (0.66, 0.2),
            (0.48, 0.09),
            (0.32, 0.24),
            (0.46, 0.44),
            (0.66, 0.6),
            (0.7, 0.8),
            (0.5, 0.93),
            (0.3, 0.8),
            (0.38, 0.6),
            (0.6, 0.4),
            (0.67, 0.2),
        ]
    ],
    9: [
        [
            (0.68, 0.24),
            (0.5, 0.1),
            (0.31, 0.24),
            (0.38, 0.45),
            (0.58, 0.43),
            (0.69, 0.24),
            (0.66, 0.58),
            (0.6, 0.93),
        ]
    ],
}
CROSSED_SEVEN: Strokes = [*DIGITS[7], [(0.36, 0.5), (0.7, 0.47)]]
ONE_WITH_FLAG: Strokes = [
    [(0.34, 0.3), (0.56, 0.1)],
    [(0.56, 0.1), (0.54, 0.5), (0.54, 0.92)],
    [(0.36, 0.92), (0.72, 0.91)],
]

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def curve(points: Sequence[tuple[float, float]], *, jitter: float, rng: np.random.Generator) -> NDArray[Any]:
    """Return (m, 2), a Catmull-Rom spline through the points of a stroke, with noise."""
    ends = np.array([points[0], *points, points[-1]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        pieces.append(
            b + (c - a) / 2 * t + (a - 2.5 * b + 2 * c - d / 2) * t**2 + (1.5 * (b - c) + (d - a) / 2) * t**3
        )
    path = np.concatenate([*pieces, ends[-1:]])
    return path + rng.normal(0, jitter, path.shape)


def draw(
    strokes: Strokes,
    *,
    size: int = 280,
    pen: float = 0.055,
    ink: Color = BLACK,
    paper: Color = WHITE,
    page: Pixels | None = None,
    at: tuple[float, float, float] = (0.0, 0.0, 1.0),
    jitter: float = 0.004,
    seed: int = 0,
) -> Pixels:
    """Return a page (h, w, 3) uint8 with strokes drawn on it.

    Args:
        strokes: points of the unit square.
        size: side of the new page, if no page is given.
        pen: width of the pen, as a fraction of the square's side.
        ink: color of the strokes.
        paper: color of the new page.
        page: the page to draw on.
        at: left, top and side of the square to draw in, as fractions of the page's shorter side.
        jitter: standard deviation of each point, as a fraction of the square's side.
        seed: seed of the jitter.
    """
    rng = np.random.default_rng(seed)
    canvas = np.full((size, size, 3), paper, np.uint8) if page is None else page.copy()
    left, top, side = (fraction * min(canvas.shape[:2]) for fraction in at)
    for stroke in strokes:
        points = np.rint((curve(stroke, jitter=jitter, rng=rng) * side + (left, top)) * 16).astype(np.int32)
        width = max(1, round(pen * side))
        cv2.polylines(canvas, [points], False, ink, width, cv2.LINE_AA, shift=4)
    return canvas


def photograph(
    page: Pixels, *, dim: float, seed: int, color: Color = WHITE, noise: float = 4, blur: float = 1.2
) -> Pixels:
    """Return a simulated photo of a page: darker to the lower right, in colored light, blurred, noisy."""
    height, width = page.shape[:2]
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    light = (1 - dim * (0.7 * x + 0.3 * y) ** 1.5)[..., None] * np.array(color) / 255
    photo = cv2.GaussianBlur(page.astype(np.float32) * light, (0, 0), blur)
    photo = photo + np.random.default_rng(seed).normal(0, noise, page.shape)
    return np.asarray(np.clip(photo, 0, 255), np.uint8)


def warp(page: Pixels, *, amount: float, background: Color) -> Pixels:
    """Return a page in perspective, its far side shorter, on a background."""
    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    target = (
        corners
        + np.array(
            [[amount, amount / 2], [-amount, 0], [-amount / 4, -amount / 3], [amount / 3, -amount / 6]],
            np.float32,
        )
        * width
    )
    matrix = cv2.getPerspectiveTransform(corners, target.astype(np.float32))
    return np.asarray(cv2.warpPerspective(page, matrix, (width, height), borderValue=background), np.uint8)


def add_rules(page: Pixels, *, spacing: int, color: Color, squared: bool = False) -> Pixels:
    """Return a page with horizontal lines, or squares, of lines two pixels thick."""
    lined = page.copy()
    for y in range(spacing // 2, page.shape[0], spacing):
        lined[y : y + 2] = color
    for x in range(spacing // 2, page.shape[1], spacing) if squared else ():
        lined[:, x : x + 2] = color
    return lined


def blank_page(height: int, width: int, color: Color = WHITE) -> Pixels:
    return np.full((height, width, 3), color, np.uint8)


def encode(pixels: NDArray[Any] | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the bytes of an image file."""
    content = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(content, kind, **options)
    return content.getvalue()


def _mouse() -> bytes:
    return encode(draw(DIGITS[3], jitter=0.008, seed=1))


def _inverted() -> bytes:
    return encode(draw(DIGITS[5], ink=WHITE, paper=BLACK, seed=2))


def _photo() -> bytes:
    page = draw(
        DIGITS[4],
        page=blank_page(900, 1200, (250, 248, 240)),
        at=(0.4, 0.2, 0.5),
        pen=0.035,
        ink=(40, 45, 90),
    )
    return encode(
        photograph(warp(page, amount=0.06, background=(235, 232, 224)), dim=0.55, seed=3), "JPEG", quality=75
    )


def _evening_photo() -> bytes:
    page = draw(CROSSED_SEVEN, page=blank_page(600, 800), at=(0.3, 0.1, 0.7), pen=0.05, ink=(30, 30, 30))
    return encode(
        photograph(page, dim=0.75, seed=4, color=(220, 180, 120), noise=7, blur=2), "JPEG", quality=60
    )


def _rotated_page() -> bytes:
    image = Image.fromarray(np.rot90(draw(DIGITS[2], page=blank_page(500, 380), at=(0.1, 0.1, 0.8))).copy())
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF orientation: rotate by 90 degrees clockwise to view
    return encode(image, "JPEG", exif=exif, quality=90)


def _tiny() -> bytes:
    page = cv2.resize(draw(DIGITS[8], pen=0.09), (18, 18), interpolation=cv2.INTER_AREA)
    return encode(np.asarray(page, np.uint8)[:, 2:16, 0])


def _huge() -> bytes:
    return encode(draw(DIGITS[6], page=blank_page(4000, 5000), at=(0.2, 0.1, 0.8), pen=0.04)[..., 0])


def _blue_on_yellow() -> bytes:
    return encode(draw(DIGITS[9], ink=(30, 60, 190), paper=(250, 225, 90), seed=5), "WEBP", quality=70)


def _red_on_green() -> bytes:
    return encode(draw(DIGITS[3], ink=(200, 60, 60), paper=(60, 130, 60), seed=6), "BMP")


def _pencil() -> bytes:
    page = draw(DIGITS[2], size=420, pen=0.005, ink=(168, 168, 168), paper=(240, 240, 238), seed=7)
    return encode(photograph(page, dim=0.1, seed=7, noise=2, blur=0.6), "JPEG", quality=90)


def _marker() -> bytes:
    return encode(draw(DIGITS[0], pen=0.2, ink=(20, 20, 20), seed=8))


def _ruled_paper() -> bytes:
    page = add_rules(blank_page(420, 560), spacing=48, color=(170, 190, 225))
    return encode(draw(DIGITS[6], page=page, at=(0.3, 0.15, 0.7), ink=(25, 25, 60)), "WEBP", quality=85)


def _squared_paper() -> bytes:
    page = add_rules(blank_page(400, 400), spacing=40, color=(190, 205, 190), squared=True)
    return encode(draw(DIGITS[5], page=page, at=(0.15, 0.15, 0.7), pen=0.05, ink=(30, 30, 30)))


def _framed() -> bytes:
    page = draw(DIGITS[8], at=(0.12, 0.12, 0.76), pen=0.06)
    cv2.rectangle(page, (4, 4), (275, 275), BLACK, 4)
    return encode(page, "TIFF", compression="tiff_lzw")


def _on_transparent() -> bytes:
    strokes = 255 - draw(DIGITS[4])[..., :1]
    return encode(np.concatenate([np.zeros((280, 280, 3), np.uint8), strokes], axis=2))


def _white_on_transparent() -> bytes:
    strokes = 255 - draw(DIGITS[7], pen=0.07)[..., :1]
    return encode(np.concatenate([blank_page(280, 280), strokes], axis=2))


def _low_quality_jpeg() -> bytes:
    return encode(
        draw(DIGITS[3], size=120, pen=0.07, ink=(60, 60, 60), paper=(230, 230, 230)), "JPEG", quality=6
    )


def _sixteen_bits() -> bytes:
    wide = draw(DIGITS[9], size=200, pen=0.06)[..., 0].astype(np.uint16) * 40 + 31000
    return encode(wide)


def _one_bit() -> bytes:
    page = draw(DIGITS[2], size=240, pen=0.05)[..., 0] > 128
    specks = np.random.default_rng(9).random(page.shape) < 0.002
    return encode(Image.fromarray((page & ~specks).astype(np.uint8) * 255).convert("1"), "BMP")


def _animated() -> bytes:
    frames = [Image.fromarray(draw(DIGITS[digit], size=160)) for digit in (1, 5)]
    return encode(frames[0], "GIF", save_all=True, append_images=frames[1:])


def _sheet_on_a_desk() -> bytes:
    desk = np.random.default_rng(10).normal((70, 45, 30), 8, (600, 800, 3)).clip(0, 255).astype(np.uint8)
    sheet = draw(DIGITS[5], size=380, pen=0.05, ink=(30, 40, 120), paper=(245, 244, 238))
    matrix = cv2.getRotationMatrix2D((190, 190), 9, 1) + np.array([[0, 0, 210], [0, 0, 110]])
    cv2.warpAffine(sheet, matrix, (800, 600), dst=desk, borderMode=cv2.BORDER_TRANSPARENT)
    return encode(photograph(desk, dim=0.3, seed=10), "JPEG", quality=85)


def _shadow() -> bytes:
    page = draw(
        DIGITS[4], page=blank_page(480, 640, (240, 240, 235)), at=(0.25, 0.1, 0.8), ink=(40, 40, 40)
    ).astype(float)
    edge = 1 / (1 + np.exp((np.add.outer(np.arange(480) * 0.5, np.arange(640)) - 450) / 12))
    return encode(
        photograph((page * (0.45 + 0.55 * edge[..., None])).astype(np.uint8), dim=0.1, seed=11),
        "JPEG",
        quality=80,
    )


def _in_the_corner() -> bytes:
    return encode(draw(DIGITS[7], page=blank_page(1400, 1000), at=(0.8, 1.2, 0.13), pen=0.08))


def _flag() -> bytes:
    return encode(draw(ONE_WITH_FLAG, ink=(120, 20, 90), paper=(255, 250, 240), seed=12))


def _chalk() -> bytes:
    board = draw(DIGITS[6], ink=(225, 225, 215), paper=(35, 60, 45), pen=0.05, seed=13)
    return encode(photograph(board, dim=0.4, seed=13, noise=8), "JPEG")


def _note() -> bytes:
    desk = np.random.default_rng(14).normal((60, 60, 65), 6, (500, 700, 3)).clip(0, 255).astype(np.uint8)
    desk[90:390, 200:500] = draw(DIGITS[8], size=300, pen=0.06, ink=(200, 80, 20), paper=(250, 235, 110))
    return encode(photograph(desk, dim=0.3, seed=14), "JPEG", quality=85)


DIGIT_PICTURES: Mapping[str, tuple[int, Callable[[], bytes]]] = {
    "drawn with a mouse": (3, _mouse),
    "white on black": (5, _inverted),
    "a photo in perspective and uneven light": (4, _photo),
    "a photo in the evening": (7, _evening_photo),
    "a rotated page with EXIF orientation": (2, _rotated_page),
    "tiny, 14 x 18": (8, _tiny),
    "huge, 5000 x 4000": (6, _huge),
    "blue on yellow": (9, _blue_on_yellow),
    "red on green": (3, _red_on_green),
    "thin pencil": (2, _pencil),
    "thick marker": (0, _marker),
    "ruled paper": (6, _ruled_paper),
    "squared paper": (5, _squared_paper),
    "in a frame": (8, _framed),
    "black on transparent": (4, _on_transparent),
    "white on transparent": (7, _white_on_transparent),
    "a JPEG of quality 6": (3, _low_quality_jpeg),
    "16 bits, a seventh of the range used": (9, _sixteen_bits),
    "1 bit, with specks": (2, _one_bit),
    "an animated GIF": (1, _animated),
    "a sheet on a desk": (5, _sheet_on_a_desk),
    "across a shadow": (4, _shadow),
    "small, in the corner of a page": (7, _in_the_corner),
    "a 1 with flag and foot": (1, _flag),
    "chalk on a board": (6, _chalk),
    "a yellow note on a dark desk": (8, _note),
}
"""By name: the digit that a person reads, and the function that returns the file."""


def _empty_photo() -> bytes:
    return encode(photograph(blank_page(480, 640, (240, 240, 235)), dim=0.5, seed=20), "JPEG", quality=80)


def _empty_ruled() -> bytes:
    return encode(add_rules(blank_page(420, 560), spacing=48, color=(170, 190, 225)))


def _dot() -> bytes:
    return encode(draw([[(0.5, 0.5), (0.505, 0.5)]], pen=0.08))


def _scribble() -> bytes:
    path = np.random.default_rng(21).uniform(0.15, 0.85, (14, 2))
    return encode(draw([[(x, y) for x, y in path.tolist()]], pen=0.04))


def _letter() -> bytes:
    return encode(draw([[(0.3, 0.1), (0.3, 0.9)], [(0.75, 0.1), (0.32, 0.5), (0.75, 0.9)]]))


def _face() -> bytes:
    page = blank_page(280, 280)
    cv2.circle(page, (140, 140), 110, BLACK, 12, cv2.LINE_AA)
    for x in (100, 180):
        cv2.circle(page, (x, 110), 12, BLACK, -1, cv2.LINE_AA)
    cv2.ellipse(page, (140, 150), (55, 45), 0, 20, 160, BLACK, 10, cv2.LINE_AA)
    return encode(page)


def _line() -> bytes:
    return encode(draw([[(0.1, 0.52), (0.5, 0.5), (0.9, 0.51)]]))


def _two_digits() -> bytes:
    page = draw(DIGITS[4], page=blank_page(280, 420), at=(0.0, 0.0, 1.0))
    return encode(draw(DIGITS[2], page=page, at=(0.6, 0.0, 1.0)))


def _star() -> bytes:
    return encode(draw([[(0.5, 0.1), (0.7, 0.9), (0.1, 0.4), (0.9, 0.4), (0.3, 0.9), (0.5, 0.1)]]))


def _cross() -> bytes:
    return encode(draw([[(0.2, 0.2), (0.8, 0.8)], [(0.8, 0.2), (0.2, 0.8)]]))


OTHER_PICTURES: Mapping[str, Callable[[], bytes]] = {
    "an empty page, photographed": _empty_photo,
    "an empty ruled page": _empty_ruled,
    "a dot": _dot,
    "a scribble": _scribble,
    "a letter, K": _letter,
    "a face": _face,
    "a horizontal line": _line,
    "two digits, 42": _two_digits,
    "a star": _star,
    "a cross": _cross,
}
"""By name: the function that returns the file of a picture without a digit, or with several digits."""
