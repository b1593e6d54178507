"""The files of pictures in a folder."""

import os
from collections import Counter
from collections.abc import Iterator

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""How the names of pictures end, in letters of either case."""


def pictures_in(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Yield the paths of the pictures in a folder and in those within it, in the order of their names.

    A folder that may not be looked into is yielded at the end, as if it were a picture: whoever reads it
    hears why it cannot be.
    """
    closed: list[OSError] = []
    for inner, folders, files in os.walk(folder, onerror=closed.append):
        folders.sort()
        yield from (
            os.path.join(inner, file)  # noqa: PTH118  (a Path for each of 100,000 costs a second)
            for file in sorted(files)
            if file.lower().endswith(ENDINGS)
        )
    yield from (str(error.filename) for error in closed)


def other_files_in(folder: str | os.PathLike[str]) -> Counter[str]:
    """Return how many files of each ending there are in a folder and in those within it that are no pictures.

    Hidden ones, as systems leave them, are not counted.
    """
    names = (file.lower() for _, _, files in os.walk(folder) for file in files)
    others = (name for name in names if not name.endswith(ENDINGS) and not name.startswith("."))
    return Counter(os.path.splitext(name)[1] for name in others)  # noqa: PTH122  (as in `pictures_in`)
