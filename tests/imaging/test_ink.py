"""Ink: found on any paper and in any light, without what is not the digit; each against a clean one."""

import cv2
import numpy as np
import pytest
from drawn_digits import FIVE, FOUR, ONE, SEVEN, apart, as_ink, drawn, photographed
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from inklab.data import Dataset
from inklab.imaging import find_ink, normalize
from inklab.imaging.background import contrast_of
from inklab.imaging.frame import unframed
from inklab.imaging.ink import FAINTEST
from inklab.imaging.lines import without_lines
from inklab.imaging.page import sheet_of

Page = NDArray[np.uint8]
DIGITS = {"seven": SEVEN, "four": FOUR, "five": FIVE, "one": ONE}
ALIKE = 12  # levels of grey, on average


def found(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    ink = find_ink(grey)
    assert not isinstance(ink, str), ink
    return ink


def placed(page: Page) -> Page:
    return normalize(found(as_ink(page)))


def test_different_digits_are_further_apart_than_alike() -> None:
    images = [placed(drawn(digit)) for digit in DIGITS.values()]
    assert min(apart(images[i], images[j]) for i in range(4) for j in range(i)) > 1.5 * ALIKE


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("kind", ["on grey", "chalk", "photo", "dark photo", "pencil", "noise"])
def test_ink_is_found_on_any_paper(digit: str, kind: str) -> None:
    strokes = DIGITS[digit]
    pages = {
        "on grey": drawn(strokes, ink=100, paper=140),
        "chalk": drawn(strokes, ink=220, paper=40),
        "photo": photographed(drawn(strokes, ink=40, paper=220)),
        "dark photo": photographed(drawn(strokes, ink=200, paper=60), dim=0.3),
        "pencil": photographed(drawn(strokes, ink=175, paper=220), noise=2),
        "noise": photographed(drawn(strokes, ink=60, paper=220), noise=9, dim=0),
    }
    assert apart(placed(pages[kind]), placed(drawn(strokes))) < ALIKE


def test_dark_on_light_and_light_on_dark_are_the_same(mnist: Dataset) -> None:
    for image in mnist.valid.images[:50]:
        grey = as_ink(image)
        assert_allclose(found(grey), found(1 - grey), atol=1e-5)


def test_clean_ink_is_taken_as_strong_as_it_is(mnist: Dataset) -> None:
    for image in mnist.valid.images[:50]:
        ink = found(as_ink(np.pad(image, 3)))
        kept = ink > 0
        assert_allclose(ink[kept], as_ink(np.pad(image, 3))[kept] / (image.max() / 255), atol=1e-6)
        assert np.pad(image, 3)[~kept].max() < 0.4 * 255


def test_a_digit_that_touches_all_sides_is_not_taken_for_paper() -> None:
    y, x = np.mgrid[-7.5:8, -7.5:8]
    page = ((np.hypot(x, y) < 8) & (np.hypot(x, y) > 3.5)).astype(np.float32)  # a thick 0
    assert page.mean() > 0.6
    assert all(side.any() for side in (page[0], page[-1], page[:, 0], page[:, -1]))
    for picture in (page, 1 - page):
        assert_array_equal(found(picture), page)


@pytest.mark.parametrize("shade", [0, 0.2, 0.9, 1])
def test_blank_paper_has_no_ink(shade: float) -> None:
    for shape in ((1, 1), (1, 50), (3, 2), (28, 28), (300, 200)):
        assert find_ink(np.full(shape, shade, np.float32)) == "blank"


@pytest.mark.parametrize("seed", range(3))
def test_neither_noise_nor_uneven_light_nor_lines_are_ink(seed: int) -> None:
    blank = np.full((240, 320), 225, np.uint8)
    assert find_ink(as_ink(photographed(blank, seed=seed))) == "blank"
    assert find_ink(as_ink(photographed(blank, seed=seed, dim=0, noise=6))) == "blank"
    for y in range(20, 240, 30):
        blank[y] = 120
    assert find_ink(as_ink(blank)) == "blank"


def test_the_least_contrast() -> None:
    page = np.ones((50, 50), np.float32)
    page[10:40, 20:25] = 1 - 0.9 * FAINTEST
    assert find_ink(page) == "blank"
    page[10:40, 20:25] = 1 - 1.1 * FAINTEST
    assert not isinstance(find_ink(page), str)


@given(
    value=st.integers(0, 255),
    shape=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    seed=st.integers(0, 99),
)
def test_any_picture_has_ink_or_none(value: int, shape: tuple[int, int], seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, value + 1, shape)
    ink = find_ink(as_ink(noise))
    if not isinstance(ink, str):
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() <= 1
        assert normalize(ink).any()


def ruled(page: Page, *, step: int, shade: int, tilt: int = 0) -> Page:
    lines = np.full(page.shape, 255, np.uint8)
    for y in range(step // 2, len(page), step):
        cv2.line(lines, (0, y), (page.shape[1] - 1, y + tilt), shade, 2)
    return np.minimum(page, lines)


@pytest.mark.parametrize("digit", DIGITS)
def test_ruled_and_squared_paper(digit: str) -> None:
    page = drawn(DIGITS[digit], size=300, pen=16)
    clean = placed(page)
    assert apart(placed(ruled(page, step=50, shade=150)), clean) < ALIKE
    assert apart(placed(ruled(page, step=50, shade=150, tilt=4)), clean) < ALIKE
    assert apart(placed(ruled(page, step=60, shade=0)), clean) < 1.5 * ALIKE  # in the very ink of the digit
    squared = ruled(ruled(page, step=30, shade=190).T, step=30, shade=190).T
    assert apart(placed(np.ascontiguousarray(squared)), clean) < ALIKE


@pytest.mark.parametrize("offset", [0, 3, 9])
@pytest.mark.parametrize("digit", DIGITS)
def test_a_frame(digit: str, offset: int) -> None:
    page = drawn(DIGITS[digit])
    framed = page.copy()
    cv2.rectangle(framed, (offset, offset), (199 - offset, 199 - offset), 0, 3)
    assert apart(placed(framed), placed(page)) < ALIKE


@pytest.mark.parametrize("margin", [0, 4, 8, 12, 16])
def test_a_frame_of_which_two_sides_cross_the_picture_and_two_do_not(margin: int) -> None:
    for digit in DIGITS.values():
        page = drawn(digit)
        cell = np.pad(page, ((margin, margin), (margin + 60, margin + 60)), constant_values=255)
        framed = cell.copy()
        height, width = cell.shape
        cv2.rectangle(framed, (margin, margin), (width - 1 - margin, height - 1 - margin), 0, 3)
        for one in (framed, np.ascontiguousarray(framed.T)):
            expected = placed(cell if one is framed else np.ascontiguousarray(cell.T))
            assert apart(placed(one), expected) < ALIKE


def test_a_frame_of_a_small_cell() -> None:
    page = drawn(SEVEN, size=24, pen=2)
    framed = np.pad(page, 1, constant_values=30)
    assert_array_equal(unframed(as_ink(framed)), as_ink(page))
    assert apart(placed(framed), placed(page)) < 1


def test_a_zero_with_corners_is_no_frame() -> None:
    page = np.full((30, 26), 255, np.uint8)
    cv2.rectangle(page, (2, 2), (23, 27), 0, 2)
    assert apart(placed(page), placed(np.pad(page, 20, constant_values=255))) < 1


def test_an_empty_frame_is_blank() -> None:
    for size in (28, 200):
        page = np.full((size, size), 40, np.uint8)
        page[2:-2, 2:-2] = 230
        assert find_ink(as_ink(page)) == "blank"


def test_the_bar_of_a_tightly_cut_seven_is_no_line() -> None:
    page = drawn([[(0, 0.03), (1, 0.03), (0.4, 1)]], size=240, pen=6)
    ink = 1 - as_ink(page)
    assert without_lines(ink) is ink


def test_a_one_from_top_to_bottom_is_no_line() -> None:
    ink = np.zeros((100, 100), np.float32)
    ink[:, 48:51] = 1
    assert without_lines(ink) is ink


def test_lines_alone_are_nothing() -> None:
    ink = np.zeros((100, 100), np.float32)
    ink[[20, 50, 80]] = 1
    assert without_lines(ink) is None


def test_specks_and_dots_go_and_the_parts_of_a_digit_stay() -> None:
    page = drawn(FIVE[:1])
    bar = page.copy()
    cv2.line(bar, (80, 14), (150, 12), 0, 8)  # apart from the rest of the 5
    assert apart(placed(bar), placed(page)) > ALIKE
    dotted = bar.copy()
    cv2.circle(dotted, (180, 180), 6, 0, cv2.FILLED)
    dotted[10, 10] = dotted[100, 190] = dotted[60:62, 20:22] = 0
    assert apart(placed(dotted), placed(bar)) == 0


@pytest.mark.parametrize(("place", "is_far"), [((60, 120), True), ((104, 118), False)])
def test_a_dot_within_the_box_of_the_digit_stays_where_a_stroke_is_near(
    place: tuple[int, int], is_far: bool
) -> None:
    page = drawn(SEVEN)  # its stem goes through (90, 180) and (125, 100)
    dotted = page.copy()
    cv2.circle(dotted, place, 5, 0, cv2.FILLED)
    assert (apart(placed(dotted), placed(page)) == 0) == is_far


def test_a_stroke_that_breaks_stays_whole() -> None:
    page = drawn(SEVEN, pen=8)
    broken = page.copy()
    broken[80:84] = broken[120:125] = 255
    assert apart(placed(broken), placed(page)) < ALIKE / 2


def test_a_small_digit_on_a_large_page() -> None:
    page = np.full((1500, 2000), 255, np.uint8)
    page[1000:1100, 300:400] = drawn(FOUR, size=100, pen=7)
    assert apart(placed(page), placed(drawn(FOUR, size=100, pen=7))) < ALIKE / 2


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_at_the_end_of_a_strip_is_whole(digit: str) -> None:
    strip = np.full((92, 2000), 255, np.uint8)  # a fifth of it is 18.4 x 400: the height is rounded
    strip[10:81, 1919:1990] = drawn(DIGITS[digit], size=71, pen=6)
    assert apart(placed(strip), placed(drawn(DIGITS[digit], size=71, pen=6))) < ALIKE / 2


@pytest.mark.parametrize("angle", [0, 5, -7])
@pytest.mark.parametrize(("paper", "ink", "desk"), [(225, 40, 60), (20, 240, 250)])
def test_a_sheet_on_a_desk(angle: float, paper: int, ink: int, desk: int) -> None:
    sheet = drawn(FOUR, size=240, ink=ink, paper=paper)
    table = np.full((400, 480), desk, np.uint8)
    table[80:320, 100:340] = sheet
    turn = cv2.getRotationMatrix2D((240, 200), angle, 1)
    table = np.asarray(cv2.warpAffine(table, turn, (480, 400), borderValue=desk), np.uint8)
    assert apart(placed(table), placed(drawn(FOUR, size=240))) < ALIKE


def test_a_thick_zero_is_no_sheet() -> None:
    page = np.full((200, 200), 255, np.uint8)
    cv2.ellipse(page, (100, 100), (45, 70), 0, 0, 360, 0, 45)
    grey = as_ink(page)
    assert sheet_of(grey) is grey


def test_the_light_of_a_photo_is_found() -> None:
    light = np.linspace(1, 0.4, 200, dtype=np.float32)[np.newaxis] * np.ones((150, 1), np.float32)
    page = light.copy()
    page[40:110, 80:90] *= 0.5
    contrast = contrast_of(page)
    assert not contrast.is_even
    assert contrast.peak == pytest.approx(0.5, abs=0.03)
    assert contrast.ink[40:110, 80:90].min() > 0.45
    contrast.ink[38:112, 78:92] = 0
    assert contrast.ink.max() < 0.03


@pytest.mark.parametrize("digit", ["seven", "four", "five"])
@pytest.mark.parametrize("place", [-40, 0, 40])
def test_a_shadow_across_the_digit_is_no_ink(digit: str, place: int) -> None:
    # The shadow takes half of the light, along a slanted edge some 20 pixels wide.
    away = np.add.outer(np.arange(200) * 0.5, np.arange(200)) - 150 - place
    light = 1 - 0.5 / (1 + np.exp(-away / 5))
    page = (drawn(DIGITS[digit], ink=40, paper=235) * light).astype(np.uint8)
    assert apart(placed(page), placed(drawn(DIGITS[digit]))) < ALIKE / 2


@pytest.mark.parametrize("size", [100, 70])
def test_two_digits_are_not_read_as_one(size: int) -> None:
    page = np.full((120, 260), 230, np.uint8)
    page[10:110, 20:120] = drawn(SEVEN, size=100, pen=8, ink=40, paper=230)
    page[10 : 10 + size, 140 : 140 + size] = drawn(FOUR, size=size, pen=8, ink=40, paper=230)
    assert find_ink(as_ink(page)) == "several digits"
    assert find_ink(as_ink(photographed(page))) == "several digits"


def test_what_is_small_beside_a_digit_is_no_other() -> None:
    page = np.full((120, 260), 230, np.uint8)
    page[10:110, 20:120] = drawn(SEVEN, size=100, pen=8, ink=40, paper=230)
    alone = placed(page)
    page[80:105, 160:185] = drawn(FOUR, size=25, pen=8, ink=40, paper=230)
    assert_array_equal(placed(page), alone)


def test_two_digits_far_away_are_seen_to_be_two_from_near() -> None:
    page = np.full((1500, 2000), 255, np.uint8)
    page[1000:1100, 300:400] = drawn(SEVEN, size=100, pen=7)
    page[1000:1100, 396:496] = drawn(FOUR, size=100, pen=7)
    assert find_ink(as_ink(page)) == "several digits"


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize(("inset", "thick"), [(12, 3), (30, 5), (60, 2)])
@pytest.mark.parametrize("angle", [0, 3])
def test_a_frame_on_the_page_is_no_digit(digit: str, inset: int, thick: int, angle: float) -> None:
    page = np.full((400, 400), 255, np.uint8)
    cv2.rectangle(page, (inset, inset), (400 - inset, 400 - inset), 0, thick)
    page[100:300, 100:300] = drawn(DIGITS[digit])
    turn = cv2.getRotationMatrix2D((200, 200), angle, 1)
    page = np.asarray(cv2.warpAffine(page, turn, (400, 400), borderValue=255), np.uint8)
    upright = np.pad(drawn(DIGITS[digit]), 100, constant_values=255)
    as_turned = np.asarray(cv2.warpAffine(upright, turn, (400, 400), borderValue=255), np.uint8)
    # A frame near the sides is taken for a sheet of paper, and laid straight.
    assert min(apart(placed(page), placed(alone)) for alone in (upright, as_turned)) < ALIKE / 4


def test_a_small_digit_in_a_box_on_a_large_page() -> None:
    page = np.full((1500, 2000), 255, np.uint8)
    cv2.rectangle(page, (280, 980), (420, 1120), 0, 4)
    page[1000:1100, 300:400] = drawn(FOUR, size=100, pen=7)
    assert apart(placed(page), placed(drawn(FOUR, size=100, pen=7))) < ALIKE / 2


@pytest.mark.parametrize("speck", [1, 5])
def test_a_zero_with_corners_around_a_speck_is_no_frame(speck: int) -> None:
    page = np.full((200, 200), 255, np.uint8)
    cv2.rectangle(page, (60, 30), (140, 170), 0, 8)
    empty = placed(page)
    page[100 : 100 + speck, 100 : 100 + speck] = 0
    assert apart(placed(page), empty) < ALIKE


def test_of_digits_in_boxes_none_is_read_for_all() -> None:
    page = np.full((200, 400), 255, np.uint8)
    for left, digit in ((20, SEVEN), (210, FOUR)):
        cv2.rectangle(page, (left, 20), (left + 160, 180), 0, 3)
        page[40:160, left + 20 : left + 140] = drawn(digit, size=120, pen=8)
    assert find_ink(as_ink(page)) == "several digits"


def test_a_box_beside_the_digit_does_not_take_it_away() -> None:
    page = np.full((240, 400), 255, np.uint8)
    page[20:220, 10:210] = drawn(SEVEN)
    alone = placed(page)
    cv2.rectangle(page, (260, 80), (360, 180), 0, 3)
    page[100:160, 280:340] = drawn(ONE, size=60, pen=6)
    assert apart(placed(page), alone) < 1


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize(("far", "long"), [(14, 260), (50, 260), (50, 120)])
def test_a_rule_below_is_neither_a_stroke_nor_another_digit(digit: str, far: int, long: int) -> None:
    page = np.full((400, 400), 255, np.uint8)
    page[60:260, 100:300] = drawn(DIGITS[digit])
    alone = placed(page)
    cv2.line(page, (200 - long // 2, 245 + far), (200 + long // 2, 241 + far), 0, 6)
    assert apart(placed(page), alone) < 1


def test_a_thin_digit_over_a_heavy_rule() -> None:
    page = np.full((400, 400), 255, np.uint8)
    cv2.line(page, (200, 100), (200, 160), 0, 4)
    alone = placed(page)
    cv2.line(page, (50, 230), (350, 230), 0, 6)
    assert apart(placed(page), alone) < 1


def test_the_bar_of_a_seven_in_pieces_is_no_rule() -> None:
    page = np.full((200, 200), 255, np.uint8)
    cv2.line(page, (60, 30), (135, 30), 0, 8)
    for start, end in (((130, 46), (112, 90)), ((109, 99), (85, 160))):
        cv2.line(page, start, end, 0, 8)
    whole = np.full((200, 200), 255, np.uint8)
    cv2.polylines(whole, [np.array([(60, 30), (135, 30), (85, 160)], np.int32)], False, 0, 8)
    assert apart(placed(page), placed(whole)) < ALIKE


def test_a_flat_stroke_of_the_digit_is_no_rule() -> None:
    page = drawn(FIVE[:1])
    bar = page.copy()
    cv2.line(bar, (80, 14), (150, 12), 0, 8)
    assert apart(placed(bar), placed(page)) > ALIKE


def test_the_picture_is_not_changed_in_place() -> None:
    for page in (drawn(FIVE), photographed(drawn(FIVE)), ruled(drawn(FIVE), step=40, shade=100)):
        grey = as_ink(page)
        before = grey.copy()
        find_ink(grey)
        assert_array_equal(grey, before)
