"""Load a data set by the name that users type on the command line."""

import os
from pathlib import Path

from inklab.data import Dataset, load_idx_folder, load_mnist
from inklab.errors import DataError

MNIST = "mnist"
MNIST_PREFIX = "mnist+"  # before the path of an image folder, whose pictures are added to the training split
COPIES = 20  # of each of these pictures, so that a few pictures have weight among 55,000


def resolve_source(source: str) -> str:
    """Return the source with an absolute path, so that its meaning does not depend on the working folder."""
    prefix = MNIST_PREFIX if source.startswith(MNIST_PREFIX) else ""
    return source if source == MNIST else prefix + str(Path(source.removeprefix(prefix)).resolve())


def load_data(source: str, *, holdout: bool = True) -> Dataset:
    """Return the data set that `source` names.

    Args:
        source: "mnist", which is part of inklab; the path of a folder, for `load_image_folder` if it has
            subfolders 0 to 9, otherwise for `load_idx_folder`; or "mnist+" and the path of an image folder,
            for `add_images`. A folder that is itself named mnist is ./mnist.
        holdout: for an image folder, whether to split the pictures; see `load_image_folder`.

    Raises:
        DataError: there is no such data set or folder, or it is damaged.
    """
    if source == MNIST:
        return load_mnist()
    from inklab.data import image_folder  # noqa: PLC0415  (it loads OpenCV)

    if source.startswith(MNIST_PREFIX):
        folder = source.removeprefix(MNIST_PREFIX)
        if not folder:
            raise DataError("mnist+ names no folder; expected mnist+FOLDER with folders 0 to 9")
        return image_folder.add_images(load_mnist(), folder, copies=COPIES)
    if not os.path.isdir(source):  # noqa: PTH112  (a Path would raise if the name is too long)
        expected = "mnist or a folder of IDX files or pictures"
        raise DataError(f"there is no data set or folder {source!r}; expected {expected}")
    if image_folder.is_image_folder(source):
        return image_folder.load_image_folder(source, holdout=holdout)
    if not any(Path(source).glob("*-ubyte*")):
        raise DataError(f"{source} has neither IDX files with MNIST's names nor folders 0 to 9 of pictures")
    return load_idx_folder(source)
