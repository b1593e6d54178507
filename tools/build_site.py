"""Build the documents, the Python API and the course as a website in build/site, and check every link of it.

`python tools/build_site.py` executes the course first if build/course has no current pages. The site works
without a server and requests nothing from other hosts.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from os.path import relpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pages import DOCS, ROOT

BUILD = ROOT / "build"
COURSE = BUILD / "course"
LESSONS = sorted((ROOT / "lessons").glob("[0-9]-*.py"))
ADDED = {
    ROOT / "README.md": "index.md",
    ROOT / "CHANGELOG.md": "changelog.md",
    ROOT / "CONTRIBUTING.md": "contributing.md",
    ROOT / "LICENSE": "license.md",
    ROOT / "src/inklab/data/files/README.md": "mnist.md",
    ROOT / "src/inklab/web/static/icon.svg": "assets/icon.svg",
}
"""File outside docs/ -> its place in the site."""
_LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)\s#]+)")
_COLORS = re.compile(r"\x1b\[[\d;]*m")
_RESOURCES = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
_REMOTE = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import\s+['\"](?:https?:)?//")


class SiteError(Exception):
    """The site cannot be built, or has a fault; the message lists the faults, one per line."""


def build(folder: Path, course: Path) -> None:
    """Write the site to a folder.

    Args:
        folder: where the sources of the site, `site-src`, and the site itself, `site`, are written.
        course: the folder of the executed course, with a page for each notebook.

    Raises:
        SiteError: a link leads nowhere, or a page requests something from another host.
    """
    stage(folder / "site-src", course)
    settings = (Path(__file__).parent / "zensical.toml").read_text(encoding="utf-8")
    (folder / "zensical.toml").write_text(settings.replace('"../', f'"{ROOT.as_posix()}/'), encoding="utf-8")
    shutil.rmtree(folder / "site", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    zensical = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if zensical.returncode:
        raise SiteError(_COLORS.sub("", zensical.stdout + zensical.stderr))
    if faults := list(faults_of(folder / "site")):
        raise SiteError("\n".join(faults))


def stage(folder: Path, course: Path) -> None:
    """Copy every file of the site to a folder, with the links between them adjusted."""
    places = {path: folder / path.relative_to(DOCS) for path in DOCS.rglob("*") if path.is_file()}
    places |= {path: folder / place for path, place in ADDED.items()}
    places |= {lesson: folder / "course" / f"{lesson.stem}.html" for lesson in LESSONS}
    shutil.rmtree(folder, ignore_errors=True)
    for path, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        if path in LESSONS:
            shutil.copy(course / place.name, place)
        elif path.suffix == ".md":
            place.write_text(_moved(path, places), encoding="utf-8")
        elif path.name == "LICENSE":
            text = path.read_text(encoding="utf-8")
            place.write_text(f"# License\n\n```text\n{text.strip()}\n```\n", encoding="utf-8")
        else:
            shutil.copy(path, place)


def _moved(page: Path, places: Mapping[Path, Path]) -> str:
    """Return a page with its links changed from where it is to where it is copied."""

    def moved(link: re.Match[str]) -> str:
        target = (page.parent / link[1]).resolve()
        if target not in places:
            raise SiteError(f"{page.relative_to(ROOT)} links to {link[1]}, which is not part of the site")
        return relpath(places[target], places[page].parent)

    return _LINK.sub(moved, page.read_text(encoding="utf-8"))


class _Page(HTMLParser):
    """The links, resources and anchors of an HTML page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.resources: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a tag refers to."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if (name := _RESOURCES.get(tag)) and values.get(name):
            self.resources.append(values[name])


def faults_of(site: Path) -> Iterator[str]:
    """Yield each link that leads nowhere, and each resource that another host would have to deliver."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    pages.pop(site / "404.html", None)  # only a server shows it, and knows at which address
    for path, page in pages.items():
        name = path.relative_to(site)
        for target in page.resources:
            parts = urlsplit(target)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                yield f"{name} requests {target}"
            elif not (path.parent / unquote(parts.path)).exists():
                yield f"{name} requests {target}, which does not exist"
        for target in page.links:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            file = file / "index.html" if file.is_dir() else file
            if not file.exists():
                yield f"{name} links to {target}, which does not exist"
            elif parts.fragment and file in pages and unquote(parts.fragment) not in pages[file].anchors:
                yield f"{name} links to {target}, which has no such anchor"
    for path in site.rglob("*.css"):
        if _REMOTE.search(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)} requests something from another host"


def _is_executed(lesson: Path) -> bool:
    """Return whether the page of a lesson exists and is newer than its text."""
    page = COURSE / f"{lesson.stem}.html"
    return page.exists() and page.stat().st_mtime >= lesson.stat().st_mtime


def main() -> int:
    """Build the site from the command line."""
    if not all(map(_is_executed, LESSONS)):
        print("executing the course first; this takes a while", flush=True)
        subprocess.run([sys.executable, str(ROOT / "lessons" / "course.py")], check=True)
    try:
        build(BUILD, COURSE)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"open {BUILD / 'site' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
