"""A griffe extension: the doctests of a docstring become code blocks in the API reference.

In Markdown, `>>>` would begin a quotation, and a list of tuples would look like a link.
"""

import re
from typing import Any

from griffe import Extension, Object

_DOCTEST = re.compile(r"^>>> .*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


class DoctestBlocks(Extension):
    """Fence every paragraph that begins with `>>>`."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of an object once it is loaded."""
        if obj.docstring:
            obj.docstring.value = _DOCTEST.sub(r"```pycon\n\g<0>\n```", obj.docstring.value)
