"""The colors of the pages, reports, and figures, read from palette.json; each has one meaning everywhere.

`positive` and `negative` are for signed values, `training` and `validation` for curves and their legends, and
`series-1` to `series-6` for other curves.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_THEMES: dict[str, dict[str, str]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))

LIGHT: Mapping[str, str] = MappingProxyType(_THEMES["light"])
"""Color by name, as #rrggbb, on a light background; the one that figures use."""
DARK: Mapping[str, str] = MappingProxyType(_THEMES["dark"])
"""The same colors on a dark background."""


def css_variables() -> str:
    """Return a CSS rule that defines every color as a variable, such as `--training`.

    >>> css_variables().splitlines()[2]
    '  --background: light-dark(#faf9f6, #131519);'
    """
    lines = (f"  --{name}: light-dark({LIGHT[name]}, {DARK[name]});" for name in LIGHT)
    return "\n".join((":root {", "  color-scheme: light dark;", *lines, "}", ""))
