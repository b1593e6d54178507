"""List the image files of a folder by their extensions."""

import os
from collections import Counter
from collections.abc import Callable, Iterator

from inklab.utils.text import quoted

EXTENSIONS = (  # in lower or upper case; without the extra `heic`, HEIC files are refused one by one
    ".avif",
    ".bmp",
    ".gif",
    ".heic",
    ".heif",
    ".jpeg",
    ".jpg",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
)
_RUN_FILES = frozenset({"recipe.json", "lesson.json"})  # in folders of runs and lessons, which are no input
_MAX_LISTED = 5  # extensions of other files


def iter_image_files(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the paths of the image files in a folder and its subfolders, sorted by name.

    Hidden files and folders and the folders of runs are left out. A folder that cannot be listed is yielded
    at the end, as if it were a picture, so that reading it raises the error.
    """
    unreadable: list[OSError] = []
    for path, names in _walk(folder, unreadable.append):
        for name in sorted(names):
            if name.lower().endswith(EXTENSIONS):
                yield os.path.join(path, name)  # noqa: PTH118  (100,000 Path objects take a second)
    yield from (str(error.filename) for error in unreadable)


def skipped_files(*folders: str | os.PathLike[str]) -> str:
    """Return the number of other files that are not hidden, as "2 .txt, 1 without an extension", or ""."""
    names = (name.lower() for folder in folders for _, names in _walk(folder) for name in names)
    others = (os.path.splitext(name)[1] for name in names if not name.endswith(EXTENSIONS))  # noqa: PTH122
    listed = sorted(Counter(others).items(), key=lambda item: (-item[1], item[0]))
    texts = []
    for extension, count in listed[:_MAX_LISTED]:
        texts.append(f"{count:,} {quoted(extension) if extension else 'without an extension'}")
    if n_more := sum(count for _, count in listed[_MAX_LISTED:]):
        texts.append(f"{n_more:,} with other extensions")
    return ", ".join(texts)


def _walk(
    top: str | os.PathLike[str], onerror: Callable[[OSError], object] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder, sorted by name, with the names of its files that are not hidden."""
    for path, folders, names in os.walk(top, onerror=onerror):
        if path != os.fspath(top) and not _RUN_FILES.isdisjoint(names):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield path, [name for name in names if not name.startswith(".")]
