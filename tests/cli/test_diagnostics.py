"""Diagnostics: all checks pass here, and a failed one names its remedy."""

import pytest

import inklab.cli.diagnostics
from inklab.cli.diagnostics import Check, run_checks
from inklab.errors import DataError


def test_all_checks_pass_here() -> None:
    checks = {check.name: check for check in run_checks()}
    assert list(checks) == ["versions", "processor", "data", "torch", "accelerator", "training"]
    assert all(check.is_ok for check in checks.values())
    assert "55,000" in checks["data"].finding


def test_damaged_data_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise DataError("a file is damaged; reinstall inklab")

    monkeypatch.setattr(inklab.cli.diagnostics, "load_mnist", damaged)
    *_, data = run_checks()
    assert str(data) == "FAIL  data        a file is damaged\n      -> reinstall inklab"


def test_a_missing_library_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inklab.cli.diagnostics, "find_spec", lambda _name: None)
    *_, last = run_checks()
    assert last.name == "training"
    assert last.remedy == "install it with: pip install 'inklab[learn]'"


def test_a_check_with_a_remedy_failed() -> None:
    assert Check("x", "fine").is_ok
    assert not Check("x", "bad", "mend it").is_ok
