"""The Train page in a browser: trainings with a reload in between, and the list of runs."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from web_visits import FINISHED, Scheme, Visit

from inklab.web import Workbench


def start(page: Page, *, name: str, steps: int) -> None:
    """Start a run of a small network."""
    page.get_by_label("Recipe").select_option("fast-99")
    page.get_by_label("Steps", exact=True).fill(str(steps))
    page.get_by_label("Batch size").fill("20")
    page.get_by_label("Width").fill("2")
    page.get_by_label("Validations").fill("1")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(".run h2")).to_have_text(name)


def steps_taken(page: Page) -> int:
    text = page.locator(".facts dd").first.inner_text()
    return int(text.split(" of ")[0].replace(",", ""))


def test_a_training_is_followed_through_a_reload_and_another_one_to_its_end(
    page: Page, server: str, served: Workbench
) -> None:
    page.goto(f"{server}/#/train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    start(page, name="long run", steps=10_000_000)
    chip = page.locator(".run .chip")
    expect(chip).to_have_text("training")
    # The weights and the curves change during the training.
    filters = page.get_by_role("img", name="First-layer weights")
    expect(filters).to_be_visible()
    before, step = filters.evaluate("canvas => canvas.toDataURL()"), steps_taken(page)
    changed = "([canvas, before]) => canvas.toDataURL() !== before"
    page.wait_for_function(changed, arg=[filters.element_handle(), before])
    points = page.locator(".curves .scatterlayer .points path")
    expect(points).not_to_have_count(0)
    page.reload()
    expect(page.locator(".run h2")).to_have_text("long run")
    taken = "() => parseInt(document.querySelector('.facts dd')?.textContent.replaceAll(',', ''))"
    page.wait_for_function(f"step => ({taken})() > step", arg=step)
    assert "run=long+run" in page.url
    page.get_by_role("button", name="Pause").click()
    expect(chip).to_have_text("paused")
    assert (served.runs / "long run" / "checkpoint" / "state.safetensors").exists()
    assert not (served.runs / "long run" / "snapshot.safetensors").exists()

    start(page, name="first steps", steps=100)
    expect(chip).to_have_text("finished")
    last = served.run("first steps").progress()[-1]
    label = f"loss at step 100: training batch {last.loss:#.3g}, validation set {last.valid_loss:#.3g}"
    expect(page.locator(".curves .plot").first).to_have_attribute("aria-label", label)
    expect(page.get_by_role("row", name="first steps")).to_contain_text("batch size 20, steps 100, width 2")

    # Compare the run with another one, rename it, and delete it, by keyboard.
    for name in ("first steps", FINISHED):
        page.get_by_label(f"Compare {name}").check()
    chart = page.get_by_role("img", name=f"validation accuracy by step of first steps, {FINISHED}")
    expect(chart).to_be_visible()
    page.get_by_role("button", name="Rename first steps").press("Enter")
    page.get_by_role("dialog").get_by_label("Name").fill("renamed")
    page.keyboard.press("Enter")
    expect(page.locator(".run h2")).to_have_text("renamed")
    assert (served.runs / "renamed").exists()
    page.get_by_role("button", name="Delete renamed").press("Enter")
    page.keyboard.press("Enter")  # on Cancel, which has the focus
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert (served.runs / "renamed").exists()
    page.get_by_role("button", name="Delete renamed").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("row", name="renamed")).to_have_count(0)
    assert not (served.runs / "renamed").exists()


def test_an_error_is_shown_at_its_field(page: Page, server: str) -> None:
    page.goto(f"{server}/#/train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    page.get_by_label("Batch size").evaluate("input => { input.max = ''; input.value = 200000; }")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("alert").filter(has_text="batch_size is 200000; expected")).to_be_visible()
    expect(page.get_by_label("Batch size")).to_be_focused()


def test_a_missing_run_is_reported_without_actions(page: Page, server: str) -> None:
    page.goto(f"{server}/#/train?run=nothing")
    expect(page.locator(".run")).to_contain_text("There is no run named nothing.")
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(380, "light"), (1000, "dark"), (1800, "light")])
def test_the_page_is_accessible_and_fits(visit: Visit, server: str, width: int, scheme: Scheme) -> None:
    page = visit(width=width, scheme=scheme).new_page()
    page.goto(f"{server}/#/train?run={FINISHED}")
    expect(page.locator(".recipe tbody tr").first).to_be_visible()
    expect(page.locator(".run .chip")).to_have_text("finished")
    page.get_by_label(f"Compare {FINISHED}").check()
    expect(page.get_by_role("img", name="validation accuracy by step of small")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    violations = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in violations] == []
