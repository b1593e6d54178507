"""The Lesson room in a browser: chapters of the reader's own run, and things that are tried for real."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from small_lessons import give_lesson, write_digits
from web_visits import Scheme, Visit

from inklab.data import Dataset
from inklab.web import Workbench


@pytest.fixture(scope="module")
def given(served: Workbench, mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A finished lesson of the served workbench."""
    path = served.runs / "lesson"
    give_lesson(path, write_digits(tmp_path_factory.mktemp("data") / "digits", mnist))
    yield path
    shutil.rmtree(path)


def enter(page: Page, server: str) -> Page:
    page.goto(f"{server}/#/lesson")
    expect(page.locator(".chapter")).to_have_count(8)
    return page


def test_before_there_is_a_lesson_it_offers_to_give_one(page: Page, server: str) -> None:
    enter(page, server)
    expect(page.get_by_role("button", name="Train my two networks")).to_be_visible()
    expect(page.locator(".try")).to_have_count(0)


@pytest.mark.usefixtures("given")
def test_an_experiment_is_carried_out_and_its_effect_is_shown(page: Page, server: str) -> None:
    enter(page, server)
    expect(page.locator(".weights canvas")).to_have_count(10)
    first = page.locator(".experiment").first
    first.get_by_role("button", name="Shuffle and train").click()
    expect(first).to_contain_text("A sum does not care about the order of its terms.")
    expect(first.locator(".plot .main-svg").first).to_be_visible()
    page.reload()
    expect(first).to_contain_text("A sum does not care about the order of its terms.")


@pytest.mark.usefixtures("given")
def test_filters_are_silenced_by_keys(page: Page, server: str) -> None:
    enter(page, server)
    expect(page.locator(".filters button")).to_have_count(32)
    page.get_by_role("button", name="Silence filter 3", exact=True).focus()
    page.keyboard.press("Space")
    chapter = page.get_by_role("region", name="Zero the filters")
    expect(chapter).to_contain_text("with 1 of 32 filters silenced")
    chapter.get_by_role("button", name="Silence all").click()
    expect(chapter).to_contain_text("with 32 of 32 filters silenced")


@pytest.mark.usefixtures("given")
def test_another_digit_is_followed(page: Page, server: str) -> None:
    enter(page, server)
    expect(page.locator(".through")).to_contain_text("Test digit 1 is a 2")
    number = page.get_by_role("spinbutton", name="Test digit")
    number.fill("0")
    number.press("Tab")
    expect(page.locator(".through")).to_contain_text("Test digit 0 is a 7")
    expect(page.locator(".through .relu2 canvas")).to_have_count(64)


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(("width", "scheme"), [(380, "light"), (1000, "dark")])
def test_everyone_can_use_it(visit: Visit, server: str, width: int, scheme: Scheme) -> None:
    page = enter(visit(width=width, scheme=scheme).new_page(), server)
    expect(page.locator(".through .pool2 canvas")).to_have_count(64)
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    found = Axe().run(page)
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
