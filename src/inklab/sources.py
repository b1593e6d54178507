"""Where data comes from, as a person names it on the command line."""

from pathlib import Path

from inklab.data import DataSet, load_folder, load_mnist
from inklab.errors import DataError

MNIST = "mnist"


def resolve_source(source: str) -> str:
    """Return the source so that it means the same in another folder: "mnist", or an absolute path."""
    return source if source == MNIST else str(Path(source).resolve())


def load_data(source: str) -> DataSet:
    """Return the data set that `source` names.

    Args:
        source: "mnist", the one that comes with inklab, or the path of a folder, for `load_pictures` where it
            holds folders 0 to 9, else for `load_folder`; a folder that is itself called mnist is ./mnist.

    Raises:
        DataError: there is no such data set or folder, or it is damaged.
    """
    if source == MNIST:
        return load_mnist()
    if not Path(source).is_dir():
        raise DataError(
            f"no data set or folder is called {source!r}; expected mnist or a folder of IDX files or pictures"
        )
    from inklab.pictures import holds_pictures, load_pictures  # noqa: PLC0415  (it loads OpenCV)

    if holds_pictures(source):
        return load_pictures(source)
    if not any(Path(source).glob("*-ubyte*")):
        raise DataError(f"{source} has neither IDX files named as MNIST's nor folders 0 to 9 of pictures")
    return load_folder(source)
