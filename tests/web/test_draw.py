"""The Draw room in a browser: by pointer and by keys, what it says, the network opened, drawings kept."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from web_pictures import png, seven
from web_visits import FINISHED, Scheme, Visit

from inklab.web import Workbench

SEVEN = ((0.28, 0.24), (0.72, 0.24), (0.6, 0.5), (0.46, 0.82))


@pytest.fixture
def room(page: Page, server: str) -> Page:
    """The Draw room, with the shipped network opened."""
    page.goto(f"{server}/#/draw")
    expect(page.locator(".layers summary").first).to_be_visible()
    return page


def draw(page: Page, stroke: tuple[tuple[float, float], ...] = SEVEN) -> None:
    """Draw with the mouse, as browsers tell of it: by pointer events."""
    box = page.locator("canvas.sheet").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def answered(page: Page, digit: str) -> None:
    expect(page.locator(".answer .digit")).to_have_text(digit)


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []


def test_a_digit_is_read_as_it_is_drawn(room: Page) -> None:
    answered(room, "–")
    expect(room.get_by_text("No ink yet", exact=True)).to_be_visible()
    draw(room)
    answered(room, "7")
    expect(room.locator(".answer .sure")).to_contain_text("sure")
    expect(room.locator(".answer")).to_contain_text("It could be {7}, and no other.")
    expect(room.locator(".answer [aria-live]")).to_contain_text(re.compile(r"^7, .* sure\. The set is 7\."))
    room.get_by_role("button", name="Undo").click()
    answered(room, "–")


def test_a_stroke_that_is_cleared_while_it_is_drawn_ends(room: Page) -> None:
    sheet = room.locator("canvas.sheet")
    sheet.hover()
    room.mouse.down()
    sheet.press("Escape")
    room.mouse.move(0, 0, steps=3)
    room.mouse.up()
    answered(room, "–")


def test_a_scribble_is_no_digit_and_says_so(room: Page) -> None:
    there = ((0.1, 0.2), (0.9, 0.3), (0.15, 0.5), (0.85, 0.1), (0.3, 0.9), (0.7, 0.15))
    back = ((0.2, 0.8), (0.9, 0.75), (0.1, 0.35), (0.6, 0.95), (0.4, 0.1))
    draw(room, (*there, *back))
    expect(room.locator(".answer .sure")).to_have_text("No digit")
    expect(room.locator(".answer")).to_contain_text("It is like nothing the network learned as a digit.")


def test_two_digits_are_refused_with_what_to_do(room: Page) -> None:
    for left in (0.1, 0.6):
        draw(room, ((left, 0.3), (left + 0.25, 0.3), (left + 0.1, 0.7)))
    expect(room.locator(".answer .sure")).to_have_text("Several digits")
    expect(room.locator(".answer")).to_contain_text("read one at a time: clear the sheet, or cut the picture")


def test_a_map_is_shown_large_with_the_sum_behind_each_number(room: Page) -> None:
    draw(room)
    answered(room, "7")
    room.get_by_role("button", name="Map 5 of conv2a", exact=True).click()
    equation = room.locator(".explained .equation")
    expect(equation).to_contain_text(re.compile(r"\(\d+ others\)"))
    expect(room.locator(".explained .product")).to_have_count(6)
    before = equation.inner_text()
    room.locator(".explained .large").hover(position={"x": 5, "y": 5})
    expect(room.locator(".explained .sum")).to_contain_text("The number in row 0, column 0")
    expect(equation).not_to_have_text(before)
    terms = re.findall(r"[+−]? ?[\d.]+(?= |$)", re.sub(r"\([^)]*\)", "", equation.inner_text()))
    numbers = [float(term.replace("−", "-").replace(" ", "")) for term in terms]
    assert abs(sum(numbers[:-1]) - numbers[-1]) < 0.05  # each was rounded to two decimals
    room.keyboard.press("ArrowRight")
    expect(room.locator(".explained .sum")).to_contain_text("The number in row 0, column 1")
    room.keyboard.press("Escape")
    expect(room.locator(".explained")).to_have_count(0)
    expect(room.get_by_role("button", name="Map 5 of conv2a", exact=True)).to_be_focused()


def test_the_answer_can_be_asked_what_it_hangs_on(room: Page) -> None:
    draw(room)
    answered(room, "7")
    room.get_by_role("button", name="What does it hang on?").click()
    expect(room.locator(".relevance figure")).to_have_count(2)
    expect(room.locator(".relevance .finding")).to_contain_text("sure of a 7")
    room.get_by_role("button", name="What does it hang on?").click()
    expect(room.locator(".relevance figure")).to_have_count(0)


def test_it_can_be_used_by_keys_alone(room: Page) -> None:
    room.locator("canvas.sheet").focus()
    press = room.keyboard.press
    for key in (
        ("ArrowLeft",) * 4
        + (" ",)
        + ("ArrowRight",) * 8
        + ("ArrowDown", "ArrowLeft", "ArrowDown") * 4
        + (" ",)
    ):
        press(key)
    expect(room.locator(".answer .sure")).to_contain_text("sure")
    assert room.locator(".answer .digit").inner_text() in {"7", "1", "9"}
    press("Control+z")
    answered(room, "–")
    room.get_by_role("button", name="Try a 7").focus()
    press("Enter")
    answered(room, "7")
    room.get_by_role("button", name="Map 0 of conv1", exact=True).focus()
    press("ArrowRight")
    press("Enter")
    expect(room.locator(".explained h3")).to_have_text("Map 1 of conv1")
    expect(room.locator(".explained .large")).to_be_focused()


def test_a_wrong_answer_is_kept_with_what_it_was(room: Page, served: Workbench) -> None:
    draw(room, ((0.3, 0.2), (0.3, 0.5), (0.7, 0.5), (0.7, 0.2), (0.7, 0.85)))
    room.get_by_role("button", name="It was a 4").click()
    expect(room.get_by_text("Kept as a 4")).to_be_visible()
    (kept,) = (served.drawings / "4").iterdir()
    assert kept.read_bytes().startswith(b"\x89PNG")
    room.get_by_role("button", name="Take it back").click()
    expect(room.get_by_text("Taken back.")).to_be_visible()
    assert not kept.exists()


def test_a_picture_can_be_chosen_and_pasted(room: Page) -> None:
    picture = {"name": "seven.png", "mimeType": "image/png", "buffer": png(seven(300))}
    room.locator("input[type=file]").set_input_files(picture)  # type: ignore[arg-type]
    answered(room, "7")
    room.get_by_role("button", name="Clear").click()
    answered(room, "–")
    room.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "x.png", {type: "image/png"}));
            document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
        }""",
        list(png(seven(300))),
    )
    answered(room, "7")
    odd = {"name": "odd.png", "mimeType": "image/png", "buffer": b"odd"}
    room.locator("input[type=file]").set_input_files(odd)  # type: ignore[arg-type]
    expect(room.locator("#trouble")).to_have_text("odd.png is no picture that the browser can show.")


def test_any_run_can_be_opened_and_survives_a_reload(room: Page) -> None:
    room.get_by_role("combobox", name="OnnxModel").select_option(FINISHED)
    expect(room.locator(".layers summary").first).to_contain_text("2 maps of 28 × 28")
    room.reload()
    expect(room.get_by_role("combobox", name="OnnxModel")).to_have_value(FINISHED)
    expect(room.locator(".layers summary").first).to_contain_text("2 maps of 28 × 28")
    draw(room)
    expect(room.locator(".answer .digit")).not_to_have_text("–")


def test_a_run_that_is_not_there_is_told(page: Page, server: str) -> None:
    page.goto(f"{server}/#/draw?network=nothing")
    expect(page.locator("#trouble")).to_contain_text("nothing is no run")


@pytest.mark.parametrize(("width", "scheme"), [(380, "dark"), (1000, "light")])
def test_it_is_accessible_and_fits(visit: Visit, server: str, width: int, scheme: Scheme) -> None:
    page = visit(width=width, scheme=scheme).new_page()
    page.goto(f"{server}/#/draw")
    expect(page.locator(".layers summary").first).to_be_visible()
    accessible(page)
    draw(page)
    answered(page, "7")
    page.get_by_role("button", name="What does it hang on?").click()
    expect(page.locator(".relevance figure")).to_have_count(2)
    page.get_by_role("button", name="Map 5 of conv1", exact=True).click()
    expect(page.locator(".explained .equation")).to_be_visible()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
