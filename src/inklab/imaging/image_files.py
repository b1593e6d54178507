"""List the image files of a folder by their extensions."""

import os
from collections import Counter
from collections.abc import Callable, Iterator

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""The file extensions of pictures; upper and lower case are the same."""
RUN_FILES = frozenset({"recipe.json", "lesson.json"})
"""A folder with one of these files is the folder of a run or a lesson; its pictures are not input."""
_MAX_LISTED = 5  # extensions of other files


def iter_image_files(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the paths of the image files in a folder and its subfolders, sorted by name.

    Hidden files and folders and the folders of runs are left out. A folder that cannot be listed is yielded
    at the end, as if it were a picture, so that whoever reads it gets the error.
    """
    unreadable: list[OSError] = []
    for path, names in _walk(folder, unreadable.append):
        for name in sorted(names):
            if name.lower().endswith(EXTENSIONS):
                yield os.path.join(path, name)  # noqa: PTH118  (100,000 Path objects take a second)
    yield from (str(error.filename) for error in unreadable)


def skipped_files(*folders: str | os.PathLike[str]) -> str:
    """Return how many other files the folders and their subfolders have, as "2 .txt, 1 without an extension".

    The result is empty if there are none. Hidden files are not counted.
    """
    counts = Counter(
        os.path.splitext(name)[1]  # noqa: PTH122  (as in `iter_image_files`)
        for folder in folders
        for _, names in _walk(folder)
        for name in map(str.lower, names)
        if not name.endswith(EXTENSIONS)
    )
    listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MAX_LISTED]
    texts = [f"{count:,} {_printable(extension)}" for extension, count in listed]
    n_more = counts.total() - sum(count for _, count in listed)
    return ", ".join([*texts, *([f"{n_more:,} with other extensions"] if n_more else ())])


def _walk(
    top: str | os.PathLike[str], onerror: Callable[[OSError], object] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder, sorted by name, with the names of its files that are not hidden."""
    for path, folders, names in os.walk(top, onerror=onerror):
        if path != os.fspath(top) and not RUN_FILES.isdisjoint(names):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield path, [name for name in names if not name.startswith(".")]


def _printable(extension: str) -> str:
    if not extension:
        return "without an extension"
    return extension if extension.isprintable() else ascii(extension)
