"""The shell in a browser: rooms open by their address, in light and dark; the header leads to them."""

import pytest
from playwright.sync_api import Page, expect

ROOMS = ["Draw", "Train", "Mistakes", "Lesson"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_opens_by_its_address_and_survives_a_reload(page: Page, server: str, room: str) -> None:
    page.goto(f"{server}/#/{room.lower()}")
    expect(page.locator("h1")).to_have_text(room)
    page.reload()
    expect(page).to_have_title(f"{room} · inklab")
    expect(page.locator("header a[aria-current=page]")).to_have_text(room)


def test_the_header_leads_to_the_rooms_by_keyboard(page: Page, server: str) -> None:
    page.goto(f"{server}/")
    page.get_by_role("link", name="Train").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Train")
    expect(page.locator("main")).to_be_focused()


def test_the_theme_that_was_chosen_is_kept(page: Page, server: str) -> None:
    page.goto(f"{server}/#/train")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    switch = page.locator("#theme")
    switch.click()
    switch.click()
    expect(switch).to_have_text("Theme: dark")
    page.reload()
    expect(switch).to_have_text("Theme: dark")
    assert page.evaluate(background) != light


def test_the_service_is_described_without_anything_from_elsewhere(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("The service")
    assert page.evaluate(
        "performance.getEntriesByType('resource').every(r => r.name.startsWith(location.origin))"
    )
