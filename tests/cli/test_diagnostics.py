"""The doctor: all is well here, and what is not right is told with what to do."""

import pytest

import inklab.cli.diagnostics
from inklab.cli.diagnostics import Check, examine
from inklab.errors import DataError


def test_all_is_well_here() -> None:
    checks = {check.name: check for check in examine()}
    assert list(checks) == ["versions", "processor", "data", "arithmetic", "accelerator", "training"]
    assert all(check.is_right for check in checks.values())
    assert "55,000" in checks["data"].found


def test_damaged_data_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise DataError("a file is damaged; reinstall inklab")

    monkeypatch.setattr(inklab.cli.diagnostics, "load_mnist", damaged)
    *_, data = examine()
    assert str(data) == "FAIL  data        a file is damaged\n      -> reinstall inklab"


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inklab.cli.diagnostics, "find_spec", lambda _name: None)
    *_, last = examine()
    assert last.name == "learning"
    assert last.remedy == "install it with: pip install 'inklab[learn]'"


def test_a_remedy_makes_the_difference() -> None:
    assert Check("x", "fine").is_right
    assert not Check("x", "bad", "mend it").is_right
