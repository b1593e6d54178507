"""The Errors page in a browser: the confusion matrix, the projection, and the comparison."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from web_visits import FINISHED, Scheme, Visit


def open_page(page: Page, server: str, query: str = "") -> Page:
    page.goto(f"{server}/#/errors?model={FINISHED}{query}")
    expect(page.locator(".examples li")).to_have_count(24)
    return page


def test_a_cell_of_the_matrix_shows_its_images(page: Page, server: str) -> None:
    open_page(page, server)
    cell = page.locator("table.confusion .wrong").first
    name = cell.get_attribute("aria-label") or ""
    count, label, prediction = re.findall(r"\d+", name)
    cell.click()
    heading = f"{label} read as {prediction}, most confident first: {count}"
    expect(page.locator(".list-heading")).to_have_text(heading)
    expect(page.locator(".examples li").first).to_contain_text(f"{label} read as {prediction}")
    expect(cell).to_have_attribute("aria-pressed", "true")
    empty = page.locator("table.confusion .none").first
    label, prediction = re.findall(r"\d+", empty.get_attribute("aria-label") or "")[1:]
    empty.click()
    expect(page.locator(".list-heading")).to_have_text(f"No image of {label} was read as {prediction}.")


def test_the_arrow_keys_move_in_the_matrix(page: Page, server: str) -> None:
    open_page(page, server)
    page.get_by_role("button", name=re.compile(r"^\d+ images of 0 read as 0$")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name=re.compile(r"^[\d,]+ images of 1 read as 1$"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".list-heading")).to_contain_text("1 read as 1, least confident first")
    assert page.locator("table.confusion [tabindex='0']").count() == 1


def test_the_projection_shows_a_selected_image(page: Page, server: str) -> None:
    open_page(page, server)
    expect(page.get_by_role("button", name="PCA")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("application").focus()
    expect(page.locator(".selected-example canvas")).to_be_visible()
    before = page.locator(".selected-example canvas").get_attribute("aria-label") or ""
    page.keyboard.press("ArrowRight")
    expect(page.locator(".selected-example canvas")).not_to_have_attribute("aria-label", before)
    expect(page.locator(".selected-example")).to_contain_text(
        re.compile(r"^\d(, read correctly| read as \d)")
    )


def test_two_networks_are_compared_and_the_address_keeps_them(page: Page, server: str) -> None:
    open_page(page, server)
    page.get_by_label("Second network").select_option("inklab")
    comparison = page.locator("section.comparison")
    expect(comparison).to_contain_text("The second network is better on images of this kind.")
    page.get_by_role("button", name="Only the second is correct").click()
    expect(comparison.locator(".examples-grid li").first).to_contain_text(
        re.compile(r"True: (\d)first: \d.*second: \1, ")
    )
    page.reload()
    expect(comparison).to_contain_text("McNemar’s exact test")


@pytest.mark.parametrize(("width", "scheme"), [(380, "dark"), (1000, "light")])
def test_the_page_is_accessible_and_fits(visit: Visit, server: str, width: int, scheme: Scheme) -> None:
    page = visit(width=width, scheme=scheme).new_page()
    open_page(page, server, "&with=inklab")
    expect(page.locator(".comparison .examples-grid li").first).to_be_visible()
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
