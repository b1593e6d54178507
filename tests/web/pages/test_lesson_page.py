"""The Lesson page in a browser: the chapters of a finished lesson, and their experiments."""

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
def finished_lesson(
    served: Workbench, mnist: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A finished lesson of the served workbench."""
    path = served.runs / "lesson"
    give_lesson(path, write_digits(tmp_path_factory.mktemp("data") / "digits", mnist))
    yield path
    shutil.rmtree(path)


def open_page(page: Page, server: str) -> Page:
    page.goto(f"{server}/#/lesson")
    expect(page.locator(".chapter")).to_have_count(8)
    return page


def test_without_a_lesson_the_page_offers_to_train_the_networks(page: Page, server: str) -> None:
    open_page(page, server)
    expect(page.get_by_role("button", name="Train my two networks")).to_be_visible()
    expect(page.locator(".try")).to_have_count(0)


@pytest.mark.usefixtures("finished_lesson")
def test_an_experiment_runs_and_its_conclusion_is_shown(page: Page, server: str) -> None:
    open_page(page, server)
    expect(page.locator(".weights canvas")).to_have_count(10)
    first = page.locator(".experiment").first
    first.get_by_role("button", name="Shuffle and train").click()
    expect(first).to_contain_text("A sum does not depend on the order of its terms.")
    expect(first.locator(".plot .main-svg").first).to_be_visible()
    page.reload()
    expect(first).to_contain_text("A sum does not depend on the order of its terms.")


@pytest.mark.usefixtures("finished_lesson")
def test_filters_are_ablated_by_keyboard(page: Page, server: str) -> None:
    open_page(page, server)
    expect(page.locator(".filters button")).to_have_count(32)
    page.get_by_role("button", name="Ablate filter 3", exact=True).focus()
    page.keyboard.press("Space")
    experiment = page.get_by_role("region", name="Ablate filters")
    expect(experiment).to_contain_text("with 1 of 32 filters ablated")
    experiment.get_by_role("button", name="Ablate all").click()
    expect(experiment).to_contain_text("with 32 of 32 filters ablated")


@pytest.mark.usefixtures("finished_lesson")
def test_another_image_is_passed_through_the_network(page: Page, server: str) -> None:
    open_page(page, server)
    expect(page.locator(".activations")).to_contain_text("Test image 1 is a 2")
    number = page.get_by_role("spinbutton", name="Test image")
    number.fill("0")
    number.press("Tab")
    expect(page.locator(".activations")).to_contain_text("Test image 0 is a 7")
    expect(page.locator(".activations .relu2 canvas")).to_have_count(64)
    number.fill("99999")
    number.press("Tab")
    expect(page.get_by_role("region", name="Choose another image").get_by_role("alert")).to_contain_text(
        "99999"
    )


@pytest.mark.usefixtures("finished_lesson")
@pytest.mark.parametrize(("width", "scheme"), [(380, "light"), (1000, "dark")])
def test_the_page_is_accessible_and_fits(visit: Visit, server: str, width: int, scheme: Scheme) -> None:
    page = open_page(visit(width=width, scheme=scheme).new_page(), server)
    expect(page.locator(".activations .pool2 canvas")).to_have_count(64)
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.usefixtures("finished_lesson")
def test_filters_are_shown_before_and_after_training_with_their_change(page: Page, server: str) -> None:
    open_page(page, server)
    chapter = page.get_by_role("region", name="The first-layer filters")
    expect(chapter.locator(".filter-stages figure")).to_have_count(3)
    expect(chapter.locator(".filter-stages canvas")).to_have_count(96)
    expect(chapter).to_contain_text("The correlation of the trained filters with their random start is")
