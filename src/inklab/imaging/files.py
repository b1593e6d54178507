"""The files of pictures in a folder."""

import os
from collections import Counter
from collections.abc import Iterator

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""How the names of pictures end, in letters of either case."""


def pictures_in(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the paths of the pictures in a folder and in those within it, in the order of their names.

    Hidden files, such as those that macOS leaves beside each picture, are none of them. A folder that may
    not be looked into is yielded at the end, as if it were a picture: whoever reads it hears why not.
    """
    closed: list[OSError] = []
    for inner, folders, files in os.walk(folder, onerror=closed.append):
        folders.sort()
        yield from (
            os.path.join(inner, file)  # noqa: PTH118  (a Path for each of 100,000 costs a second)
            for file in sorted(files)
            if file.lower().endswith(ENDINGS) and not file.startswith(".")
        )
    yield from (str(error.filename) for error in closed)


def passed_over(*folders: str | os.PathLike[str]) -> str:
    """Return how many files of each ending in the folders, and those within, are taken for no pictures.

    Hidden ones are not counted. Where there are no others it is "".
    """
    names = (file.lower() for folder in folders for _, _, files in os.walk(folder) for file in files)
    others = (name for name in names if not name.endswith(ENDINGS) and not name.startswith("."))
    counts = Counter(os.path.splitext(name)[1] for name in others)  # noqa: PTH122  (as in `pictures_in`)
    return ", ".join(f"{count:,} {_shown(ending)}" for ending, count in counts.most_common(5))


def _shown(ending: str) -> str:
    if not ending:
        return "without an ending"
    return ending if ending.isprintable() else ascii(ending)
