"""Quoted text: short, in one line, and escaped."""

import pytest

from inklab.utils.text import MAX_QUOTED, quoted


@pytest.mark.parametrize("text", ["7.png", "a" * MAX_QUOTED, "eine Straße/7.png"])
def test_short_text_is_unchanged(text: str) -> None:
    assert quoted(text) == text


@pytest.mark.parametrize("text", ["", "7\n.png", "\x1b[31mred", "\udcff.png"])
def test_text_that_is_not_printable_is_escaped(text: str) -> None:
    assert quoted(text) == repr(text)


@pytest.mark.parametrize("text", ["a" * 101, "\x00" * 60, "scans/" + "a\n" * 10**6 + "/7.png"])
def test_long_text_keeps_its_ends(text: str) -> None:
    assert len(quoted(text)) <= MAX_QUOTED
    assert quoted(text).isprintable()
    assert "..." in quoted(text)
    assert quoted(text).strip("'")[-1] == repr(text)[-2]
