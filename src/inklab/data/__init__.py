"""What is learned from: the bundled MNIST, folders in MNIST's format, and batches of them."""

from inklab.data.batches import Batches
from inklab.data.examples import Examples
from inklab.data.folder import load_folder
from inklab.data.idx import read_idx, write_idx
from inklab.data.mnist import load_mnist
from inklab.data.split import CLASSES, SIDE, DataSet, Split

__all__ = [
    "CLASSES",
    "SIDE",
    "Batches",
    "DataSet",
    "Examples",
    "Split",
    "load_folder",
    "load_mnist",
    "read_idx",
    "write_idx",
]
