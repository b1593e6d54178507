"""Where data comes from, as a person names it on the command line."""

from pathlib import Path

from inklab.data import Dataset, load_idx_folder, load_mnist
from inklab.errors import DataError

MNIST = "mnist"
MNIST_AND = "mnist+"
"""Before the path of a folder: MNIST, and after what it has to train on the pictures of the folder."""
TIMES = 20
"""So often each of those pictures stands there, so that a handful has weight among 55,000."""


def resolve_source(source: str) -> str:
    """Return the source so that it means the same in another folder: the path that is in it is absolute."""
    if source == MNIST:
        return source
    if source.startswith(MNIST_AND):
        return MNIST_AND + str(Path(source.removeprefix(MNIST_AND)).resolve())
    return str(Path(source).resolve())


def load_data(source: str) -> Dataset:
    """Return the data set that `source` names.

    Args:
        source: "mnist", the one that comes with inklab, or the path of a folder, for `load_image_folder` where it
            holds folders 0 to 9, else for `load_idx_folder`; a folder that is itself called mnist is ./mnist.
            Or "mnist+" and the path of a folder 0 to 9, for both together.

    Raises:
        DataError: there is no such data set or folder, or it is damaged.
    """
    if source == MNIST:
        return load_mnist()
    if source.startswith(MNIST_AND):
        from inklab.data.image_folder import add_images  # noqa: PLC0415  (it loads OpenCV)

        folder = source.removeprefix(MNIST_AND)
        if not folder:
            raise DataError(
                f"{MNIST_AND} names no folder; expected {MNIST_AND}FOLDER, with folders 0 to 9 in it"
            )
        return add_images(load_mnist(), folder, times=TIMES)
    if not Path(source).is_dir():
        raise DataError(
            f"no data set or folder is called {source!r}; expected mnist or a folder of IDX files or pictures"
        )
    from inklab.data.image_folder import holds_pictures, load_image_folder  # noqa: PLC0415  (it loads OpenCV)

    if holds_pictures(source):
        return load_image_folder(source)
    if not any(Path(source).glob("*-ubyte*")):
        raise DataError(f"{source} has neither IDX files named as MNIST's nor folders 0 to 9 of pictures")
    return load_idx_folder(source)
