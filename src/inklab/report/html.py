"""A page that holds everything it shows: figures inlined, nothing fetched."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from inklab.report.run_figures import Picture
from inklab.utils.atomic import write_text


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands under it, in this order."""

    heading: str
    values: tuple[tuple[str, str], ...] = ()
    """Values to see at a glance, each with its meaning."""
    text: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    """The first row is the heading."""
    pictures: tuple[Picture, ...] = ()

    def is_number(self, column: int) -> bool:
        """Whether every cell under the heading of this column is empty or begins with a digit."""
        return all(row[column][:1] in "0123456789" for row in self.table[1:])


@dataclass(frozen=True, kw_only=True)
class Page:
    """A title and sections to read from the top."""

    title: str
    lead: str
    sections: tuple[Section, ...]
    colophon: str
    """How and with what the page was made."""

    def write(self, path: Path) -> None:
        """Write the page as one HTML file, whole or not at all; it is read on a phone and a screen alike.

        Raises:
            InklabError: the file cannot be written.
        """
        environment = Environment(
            loader=PackageLoader("inklab.report"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["base64"] = lambda picture: b64encode(picture.read_bytes()).decode()
        write_text(path, environment.get_template("page.html.j2").render(page=self))
