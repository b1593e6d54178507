"""The Draw page in a browser: pointer and keyboard, predictions, layers, and saved drawings."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from web_pictures import png, seven
from web_visits import FINISHED, Scheme, Visit

from inklab.web import Workbench

SEVEN = ((0.28, 0.24), (0.72, 0.24), (0.6, 0.5), (0.46, 0.82))


@pytest.fixture
def draw_page(page: Page, server: str) -> Page:
    """The Draw page with the layers of the shipped network."""
    page.goto(f"{server}/#/draw")
    expect(page.locator(".layers summary").first).to_be_visible()
    return page


def draw(page: Page, stroke: tuple[tuple[float, float], ...] = SEVEN) -> None:
    """Draw a stroke with the mouse."""
    box = page.locator("canvas.pad").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def expect_prediction(page: Page, digit: str) -> None:
    expect(page.locator(".prediction .digit")).to_have_text(digit)


def expect_accessible(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in violations] == []


def test_a_digit_is_read_as_it_is_drawn(draw_page: Page) -> None:
    expect_prediction(draw_page, "–")
    expect(draw_page.get_by_text("Blank", exact=True)).to_be_visible()
    draw(draw_page)
    expect_prediction(draw_page, "7")
    expect(draw_page.locator(".prediction .confidence")).to_contain_text("confidence")
    expect(draw_page.locator(".prediction")).to_contain_text("Prediction set: {7}.")
    expect(draw_page.locator(".prediction [aria-live]")).to_contain_text(
        re.compile(r"^7, .*% confidence\. Prediction set: 7\.")
    )
    draw_page.get_by_role("button", name="Undo").click()
    expect_prediction(draw_page, "–")


def test_clearing_the_pad_ends_the_current_stroke(draw_page: Page) -> None:
    pad = draw_page.locator("canvas.pad")
    pad.hover()
    draw_page.mouse.down()
    pad.press("Escape")
    draw_page.mouse.move(0, 0, steps=3)
    draw_page.mouse.up()
    expect_prediction(draw_page, "–")


def test_a_scribble_is_refused(draw_page: Page) -> None:
    there = ((0.1, 0.2), (0.9, 0.3), (0.15, 0.5), (0.85, 0.1), (0.3, 0.9), (0.7, 0.15))
    back = ((0.2, 0.8), (0.9, 0.75), (0.1, 0.35), (0.6, 0.95), (0.4, 0.1))
    draw(draw_page, (*there, *back))
    expect(draw_page.locator(".prediction .confidence")).to_have_text("Not a digit")
    expect(draw_page.locator(".prediction")).to_contain_text(
        "The picture is unlike the digits in the training data."
    )
    expect(draw_page.locator(".prediction")).to_contain_text("No prediction set: the picture was refused.")


def test_two_digits_are_refused_with_advice(draw_page: Page) -> None:
    for left in (0.1, 0.6):
        draw(draw_page, ((left, 0.3), (left + 0.25, 0.3), (left + 0.1, 0.7)))
    expect(draw_page.locator(".prediction .confidence")).to_have_text("Several digits")
    expect(draw_page.locator(".prediction")).to_contain_text(
        "reads one at a time: clear the drawing or crop the picture"
    )


def test_a_map_is_enlarged_with_the_sum_behind_each_value(draw_page: Page) -> None:
    draw(draw_page)
    expect_prediction(draw_page, "7")
    draw_page.get_by_role("button", name="Map 5 of conv2a", exact=True).click()
    equation = draw_page.locator(".unit .equation")
    expect(equation).to_contain_text(re.compile(r"\(\d+ other maps\)"))
    expect(draw_page.locator(".unit .product")).to_have_count(6)
    before = equation.inner_text()
    draw_page.locator(".unit .enlarged").hover(position={"x": 5, "y": 5})
    expect(draw_page.locator(".unit .computation")).to_contain_text("The value at row 0, column 0")
    expect(equation).not_to_have_text(before)
    terms = re.findall(r"[+−]? ?[\d.]+(?= |$)", re.sub(r"\([^)]*\)", "", equation.inner_text()))
    numbers = [float(term.replace("−", "-").replace(" ", "")) for term in terms]
    assert abs(sum(numbers[:-1]) - numbers[-1]) < 0.05  # each term is rounded to two decimals
    draw_page.keyboard.press("ArrowRight")
    expect(draw_page.locator(".unit .computation")).to_contain_text("The value at row 0, column 1")
    draw_page.keyboard.press("Escape")
    expect(draw_page.locator(".unit")).to_have_count(0)
    expect(draw_page.get_by_role("button", name="Map 5 of conv2a", exact=True)).to_be_focused()


def test_attribution_is_shown_and_hidden(draw_page: Page) -> None:
    draw(draw_page)
    expect_prediction(draw_page, "7")
    draw_page.get_by_role("button", name="Which pixels matter?").click()
    expect(draw_page.locator(".attribution figure")).to_have_count(2)
    expect(draw_page.locator(".attribution .finding")).to_contain_text("probability of a 7")
    draw_page.get_by_role("button", name="Which pixels matter?").click()
    expect(draw_page.locator(".attribution figure")).to_have_count(0)


def test_the_page_works_by_keyboard(draw_page: Page) -> None:
    draw_page.locator("canvas.pad").focus()
    press = draw_page.keyboard.press
    for key in (
        ("ArrowLeft",) * 4
        + (" ",)
        + ("ArrowRight",) * 8
        + ("ArrowDown", "ArrowLeft", "ArrowDown") * 4
        + (" ",)
    ):
        press(key)
    expect(draw_page.locator(".prediction .confidence")).to_contain_text("confidence")
    assert draw_page.locator(".prediction .digit").inner_text() in {"7", "1", "9"}
    press("Control+z")
    expect_prediction(draw_page, "–")
    draw_page.get_by_role("button", name="Try a 7").focus()
    press("Enter")
    expect_prediction(draw_page, "7")
    draw_page.get_by_role("button", name="Map 0 of conv1", exact=True).focus()
    press("ArrowRight")
    press("Enter")
    expect(draw_page.locator(".unit h3")).to_have_text("Map 1 of conv1")
    expect(draw_page.locator(".unit .enlarged")).to_be_focused()


def test_a_drawing_is_saved_with_its_label(draw_page: Page, served: Workbench) -> None:
    draw(draw_page, ((0.3, 0.2), (0.3, 0.5), (0.7, 0.5), (0.7, 0.2), (0.7, 0.85)))
    draw_page.get_by_role("button", name="Save as 4").click()
    expect(draw_page.get_by_text("Saved as a 4")).to_be_visible()
    (saved,) = (served.drawings / "4").iterdir()
    assert saved.read_bytes().startswith(b"\x89PNG")
    draw_page.get_by_role("button", name="Delete it").click()
    expect(draw_page.get_by_text("Deleted.")).to_be_visible()
    assert not saved.exists()


def test_a_picture_can_be_chosen_and_pasted(draw_page: Page) -> None:
    picture = {"name": "seven.png", "mimeType": "image/png", "buffer": png(seven(300))}
    draw_page.locator("input[type=file]").set_input_files(picture)  # type: ignore[arg-type]
    expect_prediction(draw_page, "7")
    draw_page.get_by_role("button", name="Clear").click()
    expect_prediction(draw_page, "–")
    draw_page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "x.png", {type: "image/png"}));
            document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
        }""",
        list(png(seven(300))),
    )
    expect_prediction(draw_page, "7")
    odd = {"name": "odd.png", "mimeType": "image/png", "buffer": b"odd"}
    draw_page.locator("input[type=file]").set_input_files(odd)  # type: ignore[arg-type]
    expect(draw_page.locator("#error")).to_have_text("odd.png is not a picture that this browser can show.")


def test_a_run_is_selected_and_kept_after_a_reload(draw_page: Page) -> None:
    draw_page.get_by_role("combobox", name="Network").select_option(FINISHED)
    expect(draw_page.locator(".layers summary").first).to_contain_text("2 maps of 28 × 28")
    draw_page.reload()
    expect(draw_page.get_by_role("combobox", name="Network")).to_have_value(FINISHED)
    expect(draw_page.locator(".layers summary").first).to_contain_text("2 maps of 28 × 28")
    draw(draw_page)
    expect(draw_page.locator(".prediction .digit")).not_to_have_text("–")


def test_a_missing_run_is_reported(page: Page, server: str) -> None:
    page.goto(f"{server}/#/draw?model=nothing")
    expect(page.locator("#error")).to_contain_text("nothing")


@pytest.mark.parametrize(("width", "scheme"), [(380, "dark"), (1000, "light")])
def test_the_page_is_accessible_and_fits(visit: Visit, server: str, width: int, scheme: Scheme) -> None:
    page = visit(width=width, scheme=scheme).new_page()
    page.goto(f"{server}/#/draw")
    expect(page.locator(".layers summary").first).to_be_visible()
    expect_accessible(page)
    draw(page)
    expect_prediction(page, "7")
    page.get_by_role("button", name="Which pixels matter?").click()
    expect(page.locator(".attribution figure")).to_have_count(2)
    page.get_by_role("button", name="Map 5 of conv1", exact=True).click()
    expect(page.locator(".unit .equation")).to_be_visible()
    expect_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
