"""Navigation in a browser: the pages by their addresses, the header, the theme, and the HTTP API's page."""

import pytest
from playwright.sync_api import Page, expect

PAGES = ["Draw", "Train", "Errors", "Lesson"]


@pytest.mark.parametrize("title", PAGES)
def test_a_page_opens_by_its_address_and_after_a_reload(page: Page, server: str, title: str) -> None:
    page.goto(f"{server}/#/{title.lower()}")
    expect(page.locator("h1")).to_have_text(title)
    page.reload()
    expect(page).to_have_title(f"{title} · inklab")
    expect(page.locator("header a[aria-current=page]")).to_have_text(title)


def test_the_header_links_work_by_keyboard(page: Page, server: str) -> None:
    page.goto(f"{server}/")
    page.get_by_role("link", name="Train").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Train")
    expect(page.locator("main")).to_be_focused()


def test_the_theme_is_kept(page: Page, server: str) -> None:
    page.goto(f"{server}/#/train")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.locator("#theme")
    button.click()
    button.click()
    expect(button).to_have_text("Theme: dark")
    page.reload()
    expect(button).to_have_text("Theme: dark")
    assert page.evaluate(background) != light


def test_the_api_page_loads_nothing_from_other_hosts(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("HTTP API")
    assert page.evaluate(
        "performance.getEntriesByType('resource').every(r => r.name.startsWith(location.origin))"
    )
