"""The files of pictures in a folder."""

import os
from collections import Counter
from collections.abc import Iterator

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""How the names of pictures end, in letters of either case."""
_TOLD = 5  # endings of other files


def pictures_in(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the paths of the pictures in a folder and in those within it, in the order of their names.

    What is hidden, as are the files that macOS leaves beside each picture, is none of them. A folder that
    may not be looked into is yielded at the end, as if it were a picture: whoever reads it hears why not.
    """
    closed: list[OSError] = []
    for inner, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (
            os.path.join(inner, file)  # noqa: PTH118  (a Path for each of 100,000 costs a second)
            for file in sorted(files)
            if file.lower().endswith(ENDINGS) and not file.startswith(".")
        )
    yield from (str(error.filename) for error in closed)


def skipped_files(*folders: str | os.PathLike[str]) -> str:
    """Return how many files of each ending in the folders, and those within, are taken for no pictures.

    Hidden ones are not counted. Where there are no others it is "".
    """
    counts = Counter(ending for folder in folders for ending in _other_endings(folder))
    first = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_TOLD]
    told = [f"{count:,} {_shown(ending)}" for ending, count in first]
    more = counts.total() - sum(count for _, count in first)
    return ", ".join([*told, *([f"{more:,} of other endings"] if more else [])])


def _other_endings(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the ending of each file in a folder, and those within, that is neither hidden nor a picture."""
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in map(str.lower, files):
            if not name.endswith(ENDINGS) and not name.startswith("."):
                yield os.path.splitext(name)[1]  # noqa: PTH122  (as in `pictures_in`)


def _shown(ending: str) -> str:
    if not ending:
        return "without an ending"
    return ending if ending.isprintable() else ascii(ending)
