"""The Mistakes room in a browser: from the matrix to its digits, the map, two networks side by side."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from web_visits import FINISHED, Scheme, Visit


def enter(page: Page, server: str, **more: str) -> Page:
    said = "".join(f"&{name}={value}" for name, value in more.items())
    page.goto(f"{server}/#/mistakes?run={FINISHED}{said}")
    expect(page.locator(".shown .digits li")).to_have_count(24)
    return page


def test_a_cell_of_the_matrix_opens_its_digits(page: Page, server: str) -> None:
    enter(page, server)
    cell = page.locator("table.confusion .wrong").first
    name = cell.get_attribute("aria-label") or ""
    count, label, answer = re.findall(r"\d+", name)
    cell.click()
    expect(page.locator(".which")).to_have_text(
        f"{label}s that were read as {answer}, the surest first: {count}"
    )
    expect(page.locator(".shown .digits li").first).to_contain_text(f"{label} read as {answer}")
    expect(cell).to_have_attribute("aria-pressed", "true")


def test_the_matrix_is_walked_by_keys(page: Page, server: str) -> None:
    enter(page, server)
    page.get_by_role("button", name=re.compile(r"^\d+ of digit 0 read rightly$")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name=re.compile(r"^\d+ of digit 1 read rightly$"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".which")).to_contain_text("1s that were read as 1, the least sure first")
    assert page.locator("table.confusion [tabindex='0']").count() == 1


def test_the_map_tells_of_a_digit(page: Page, server: str) -> None:
    enter(page, server)
    expect(page.get_by_role("button", name="Principal components")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("application").focus()
    expect(page.locator(".caught canvas")).to_be_visible()
    before = page.locator(".caught canvas").get_attribute("aria-label") or ""
    page.keyboard.press("ArrowRight")
    expect(page.locator(".caught canvas")).not_to_have_attribute("aria-label", before)
    expect(page.locator(".caught")).to_contain_text(re.compile(r"^A \d, read (rightly|as \d)"))


def test_two_networks_side_by_side_and_the_address_keeps_them(page: Page, server: str) -> None:
    enter(page, server)
    page.get_by_label("The second network").select_option("inklab")
    room = page.locator("section.comparison")
    expect(room).to_contain_text("so the second is better on such digits")
    page.get_by_role("button", name="Only the second is right").click()
    expect(room.locator(".digits li").first).to_contain_text(re.compile(r"a (\d)first: \d.*second: \1, "))
    page.reload()
    expect(room).to_contain_text("McNemar’s exact test")


@pytest.mark.parametrize(("width", "scheme"), [(380, "dark"), (1000, "light")])
def test_everyone_can_use_it(visit: Visit, server: str, width: int, scheme: Scheme) -> None:
    page = visit(width=width, scheme=scheme).new_page()
    enter(page, server, **{"with": "inklab"})
    expect(page.locator(".comparison .digits li").first).to_be_visible()
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    found = Axe().run(page)
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
