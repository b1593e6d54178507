"""Self-contained HTML pages: pictures are inlined, and nothing is fetched."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from inklab.palette import css_variables
from inklab.report.run_figures import Picture
from inklab.utils.atomic import write_text


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and its content, in the order of the fields."""

    heading: str
    values: tuple[tuple[str, str], ...] = ()
    """Key figures, each with its meaning."""
    text: tuple[str, ...] = ()
    """Paragraphs."""
    table: tuple[tuple[str, ...], ...] = ()
    """The first row is the header."""
    pictures: tuple[Picture, ...] = ()

    def is_number(self, column: int) -> bool:
        """Whether every cell below the header of this column is empty or starts with a digit."""
        return all(row[column][:1] in "0123456789" for row in self.table[1:])


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page with a title, an introduction, sections, and a footer."""

    title: str
    introduction: str
    sections: tuple[Section, ...]
    footer: str

    def write(self, path: Path) -> None:
        """Write the page atomically as one HTML file, for phones and desktops.

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
        template = environment.get_template("page.html.j2")
        write_text(path, template.render(page=self, palette=css_variables()))
