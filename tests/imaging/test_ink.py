"""Ink is found on any paper and in any light, without lines, frames and specks, as on a clean page."""

import cv2
import numpy as np
import pytest
from drawn_digits import (
    DIGITS,
    FIVE,
    FOUR,
    ONE,
    SEVEN,
    SIMILAR,
    add_rules,
    as_ink,
    draw,
    image_of,
    ink_of,
    mean_difference,
    photograph,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from inklab.data import Dataset
from inklab.imaging import find_ink, normalize
from inklab.imaging.background import estimate_contrast
from inklab.imaging.ink import MIN_CONTRAST


def test_different_digits_differ_by_more_than_the_tolerance() -> None:
    images = [image_of(draw(digit)) for digit in DIGITS.values()]
    assert min(mean_difference(images[i], images[j]) for i in range(4) for j in range(i)) > 1.5 * SIMILAR


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("kind", ["on gray", "chalk", "photo", "dark photo", "pencil", "noise"])
def test_ink_is_found_on_any_paper(digit: str, kind: str) -> None:
    strokes = DIGITS[digit]
    pages = {
        "on gray": draw(strokes, ink=100, paper=140),
        "chalk": draw(strokes, ink=220, paper=40),
        "photo": photograph(draw(strokes, ink=40, paper=220)),
        "dark photo": photograph(draw(strokes, ink=200, paper=60), dim=0.3),
        "pencil": photograph(draw(strokes, ink=175, paper=220), noise=2),
        "noise": photograph(draw(strokes, ink=60, paper=220), noise=9, dim=0),
    }
    assert mean_difference(image_of(pages[kind]), image_of(draw(strokes))) < SIMILAR


def test_dark_on_light_and_light_on_dark_are_the_same(mnist: Dataset) -> None:
    for image in mnist.valid.images[:50]:
        gray = as_ink(image)
        assert_allclose(ink_of(gray), ink_of(1 - gray), atol=1e-5)


def test_clean_ink_keeps_its_strength(mnist: Dataset) -> None:
    for image in mnist.valid.images[:50]:
        padded = np.pad(image, 3)
        ink = ink_of(as_ink(padded))
        kept = ink > 0
        assert_allclose(ink[kept], as_ink(padded)[kept] / (image.max() / 255), atol=1e-6)
        assert padded[~kept].max() < 0.4 * 255


def test_a_digit_that_touches_all_sides_is_not_the_background() -> None:
    y, x = np.mgrid[-7.5:8, -7.5:8]
    page = ((np.hypot(x, y) < 8) & (np.hypot(x, y) > 3.5)).astype(np.float32)  # a thick 0
    assert page.mean() > 0.6
    assert all(side.any() for side in (page[0], page[-1], page[:, 0], page[:, -1]))
    for picture in (page, 1 - page):
        assert_array_equal(ink_of(picture), page)


@pytest.mark.parametrize("shade", [0, 0.2, 0.9, 1])
def test_blank_paper_has_no_ink(shade: float) -> None:
    for shape in ((1, 1), (1, 50), (3, 2), (28, 28), (300, 200)):
        assert find_ink(np.full(shape, shade, np.float32)) == "blank"


@pytest.mark.parametrize("seed", range(3))
def test_noise_uneven_light_and_lines_are_not_ink(seed: int) -> None:
    blank = np.full((240, 320), 225, np.uint8)
    assert find_ink(as_ink(photograph(blank, seed=seed))) == "blank"
    assert find_ink(as_ink(photograph(blank, seed=seed, dim=0, noise=6))) == "blank"
    for y in range(20, 240, 30):
        blank[y] = 120
    assert find_ink(as_ink(blank)) == "blank"


def test_the_smallest_contrast_of_ink() -> None:
    page = np.ones((50, 50), np.float32)
    page[10:40, 20:25] = 1 - 0.9 * MIN_CONTRAST
    assert find_ink(page) == "blank"
    page[10:40, 20:25] = 1 - 1.1 * MIN_CONTRAST
    assert not isinstance(find_ink(page), str)


@given(
    value=st.integers(0, 255),
    shape=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    seed=st.integers(0, 99),
)
def test_any_picture_gives_ink_or_a_reason(value: int, shape: tuple[int, int], seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, value + 1, shape)
    ink = find_ink(as_ink(noise))
    if not isinstance(ink, str):
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() <= 1
        assert normalize(ink).any()


@pytest.mark.parametrize("offset", [0, 3, 9])
@pytest.mark.parametrize("digit", DIGITS)
def test_a_frame_around_the_digit_is_removed(digit: str, offset: int) -> None:
    page = draw(DIGITS[digit])
    framed = page.copy()
    cv2.rectangle(framed, (offset, offset), (199 - offset, 199 - offset), 0, 3)
    assert mean_difference(image_of(framed), image_of(page)) < SIMILAR


def test_specks_and_dots_are_removed_but_not_the_parts_of_a_digit() -> None:
    page = draw(FIVE[:1])
    bar = page.copy()
    cv2.line(bar, (80, 14), (150, 12), 0, 8)  # separate from the rest of the 5
    assert mean_difference(image_of(bar), image_of(page)) > SIMILAR
    dotted = bar.copy()
    cv2.circle(dotted, (180, 180), 6, 0, cv2.FILLED)
    dotted[10, 10] = dotted[100, 190] = dotted[60:62, 20:22] = 0
    assert mean_difference(image_of(dotted), image_of(bar)) == 0


@pytest.mark.parametrize(("place", "is_far"), [((60, 120), True), ((104, 118), False)])
def test_a_dot_in_the_box_of_the_digit_is_kept_only_near_a_stroke(
    place: tuple[int, int], is_far: bool
) -> None:
    page = draw(SEVEN)  # its stem goes through (90, 180) and (125, 100)
    dotted = page.copy()
    cv2.circle(dotted, place, 5, 0, cv2.FILLED)
    assert (mean_difference(image_of(dotted), image_of(page)) == 0) == is_far


def test_a_broken_stroke_is_kept() -> None:
    page = draw(SEVEN, pen=8)
    broken = page.copy()
    broken[80:84] = broken[120:125] = 255
    assert mean_difference(image_of(broken), image_of(page)) < SIMILAR / 2


def test_a_small_digit_on_a_large_page_is_found() -> None:
    page = np.full((1500, 2000), 255, np.uint8)
    page[1000:1100, 300:400] = draw(FOUR, size=100, pen=7)
    assert mean_difference(image_of(page), image_of(draw(FOUR, size=100, pen=7))) < SIMILAR / 2


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_at_the_end_of_a_strip_is_complete(digit: str) -> None:
    strip = np.full((92, 2000), 255, np.uint8)  # a fifth of it is 18.4 x 400: the height is rounded
    strip[10:81, 1919:1990] = draw(DIGITS[digit], size=71, pen=6)
    assert mean_difference(image_of(strip), image_of(draw(DIGITS[digit], size=71, pen=6))) < SIMILAR / 2


def test_the_light_of_a_photo_is_estimated() -> None:
    light = np.linspace(1, 0.4, 200, dtype=np.float32)[np.newaxis] * np.ones((150, 1), np.float32)
    page = light.copy()
    page[40:110, 80:90] *= 0.5
    contrast = estimate_contrast(page)
    assert not contrast.is_even
    assert contrast.peak == pytest.approx(0.5, abs=0.03)
    assert contrast.ink[40:110, 80:90].min() > 0.45
    contrast.ink[38:112, 78:92] = 0
    assert contrast.ink.max() < 0.03


@pytest.mark.parametrize("digit", ["seven", "four", "five"])
@pytest.mark.parametrize("place", [-40, 0, 40])
def test_a_shadow_across_the_digit_is_not_ink(digit: str, place: int) -> None:
    # The shadow halves the light; its slanted edge is about 20 pixels wide.
    distance = np.add.outer(np.arange(200) * 0.5, np.arange(200)) - 150 - place
    light = 1 - 0.5 / (1 + np.exp(-distance / 5))
    page = (draw(DIGITS[digit], ink=40, paper=235) * light).astype(np.uint8)
    assert mean_difference(image_of(page), image_of(draw(DIGITS[digit]))) < SIMILAR / 2


@pytest.mark.parametrize("size", [100, 70])
def test_two_digits_are_refused(size: int) -> None:
    page = np.full((120, 260), 230, np.uint8)
    page[10:110, 20:120] = draw(SEVEN, size=100, pen=8, ink=40, paper=230)
    page[10 : 10 + size, 140 : 140 + size] = draw(FOUR, size=size, pen=8, ink=40, paper=230)
    assert find_ink(as_ink(page)) == "several digits"
    assert find_ink(as_ink(photograph(page))) == "several digits"


def test_small_ink_beside_a_digit_is_not_another_digit() -> None:
    page = np.full((120, 260), 230, np.uint8)
    page[10:110, 20:120] = draw(SEVEN, size=100, pen=8, ink=40, paper=230)
    alone = image_of(page)
    page[80:105, 160:185] = draw(FOUR, size=25, pen=8, ink=40, paper=230)
    assert_array_equal(image_of(page), alone)


def test_two_small_digits_on_a_large_page_are_refused() -> None:
    page = np.full((1500, 2000), 255, np.uint8)
    page[1000:1100, 300:400] = draw(SEVEN, size=100, pen=7)
    page[1000:1100, 396:496] = draw(FOUR, size=100, pen=7)
    assert find_ink(as_ink(page)) == "several digits"


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize(("inset", "thick"), [(12, 3), (30, 5), (60, 2)])
@pytest.mark.parametrize("angle", [0, 3])
def test_a_frame_on_the_page_is_not_a_digit(digit: str, inset: int, thick: int, angle: float) -> None:
    page = np.full((400, 400), 255, np.uint8)
    cv2.rectangle(page, (inset, inset), (400 - inset, 400 - inset), 0, thick)
    page[100:300, 100:300] = draw(DIGITS[digit])
    turn = cv2.getRotationMatrix2D((200, 200), angle, 1)
    page = np.asarray(cv2.warpAffine(page, turn, (400, 400), borderValue=255), np.uint8)
    upright = np.pad(draw(DIGITS[digit]), 100, constant_values=255)
    as_turned = np.asarray(cv2.warpAffine(upright, turn, (400, 400), borderValue=255), np.uint8)
    # A frame near the sides counts as a sheet of paper and is rotated upright.
    assert (
        min(mean_difference(image_of(page), image_of(alone)) for alone in (upright, as_turned)) < SIMILAR / 3
    )


def test_a_small_digit_in_a_box_on_a_large_page_is_found() -> None:
    page = np.full((1500, 2000), 255, np.uint8)
    cv2.rectangle(page, (280, 980), (420, 1120), 0, 4)
    page[1000:1100, 300:400] = draw(FOUR, size=100, pen=7)
    assert mean_difference(image_of(page), image_of(draw(FOUR, size=100, pen=7))) < SIMILAR / 2


@pytest.mark.parametrize("speck", [1, 5])
def test_a_rectangular_zero_around_a_speck_is_not_a_frame(speck: int) -> None:
    page = np.full((200, 200), 255, np.uint8)
    cv2.rectangle(page, (60, 30), (140, 170), 0, 8)
    empty = image_of(page)
    page[100 : 100 + speck, 100 : 100 + speck] = 0
    assert mean_difference(image_of(page), empty) < SIMILAR


def test_several_digits_in_boxes_are_refused() -> None:
    page = np.full((200, 400), 255, np.uint8)
    for left, digit in ((20, SEVEN), (210, FOUR)):
        cv2.rectangle(page, (left, 20), (left + 160, 180), 0, 3)
        page[40:160, left + 20 : left + 140] = draw(digit, size=120, pen=8)
    assert find_ink(as_ink(page)) == "several digits"


def test_a_box_beside_the_digit_does_not_replace_it() -> None:
    page = np.full((240, 400), 255, np.uint8)
    page[20:220, 10:210] = draw(SEVEN)
    alone = image_of(page)
    cv2.rectangle(page, (260, 80), (360, 180), 0, 3)
    page[100:160, 280:340] = draw(ONE, size=60, pen=6)
    assert mean_difference(image_of(page), alone) < 1


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize(("far", "long"), [(14, 260), (50, 260), (50, 120)])
def test_a_rule_below_the_digit_is_removed(digit: str, far: int, long: int) -> None:
    page = np.full((400, 400), 255, np.uint8)
    page[60:260, 100:300] = draw(DIGITS[digit])
    alone = image_of(page)
    cv2.line(page, (200 - long // 2, 245 + far), (200 + long // 2, 241 + far), 0, 6)
    assert mean_difference(image_of(page), alone) < 1


def test_a_heavy_rule_below_a_thin_digit_is_removed() -> None:
    page = np.full((400, 400), 255, np.uint8)
    cv2.line(page, (200, 100), (200, 160), 0, 4)
    alone = image_of(page)
    cv2.line(page, (50, 230), (350, 230), 0, 6)
    assert mean_difference(image_of(page), alone) < 1


def test_the_bar_of_a_broken_seven_is_not_a_rule() -> None:
    page = np.full((200, 200), 255, np.uint8)
    cv2.line(page, (60, 30), (135, 30), 0, 8)
    for start, end in (((130, 46), (112, 90)), ((109, 99), (85, 160))):
        cv2.line(page, start, end, 0, 8)
    whole = np.full((200, 200), 255, np.uint8)
    cv2.polylines(whole, [np.array([(60, 30), (135, 30), (85, 160)], np.int32)], False, 0, 8)
    assert mean_difference(image_of(page), image_of(whole)) < SIMILAR


def test_a_flat_stroke_of_the_digit_is_not_a_rule() -> None:
    page = draw(FIVE[:1])
    bar = page.copy()
    cv2.line(bar, (80, 14), (150, 12), 0, 8)
    assert mean_difference(image_of(bar), image_of(page)) > SIMILAR


def test_the_picture_is_not_changed_in_place() -> None:
    for page in (draw(FIVE), photograph(draw(FIVE)), add_rules(draw(FIVE), step=40, shade=100)):
        gray = as_ink(page)
        before = gray.copy()
        find_ink(gray)
        assert_array_equal(gray, before)
