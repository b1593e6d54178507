"""What is learned from: the bundled MNIST, folders in MNIST's format, and batches of them."""

from inklab.data.dataset import DataSet, Split
from inklab.data.examples import Examples
from inklab.data.idx import read_idx, write_idx
from inklab.data.idx_folder import load_folder
from inklab.data.mnist import load_mnist
from inklab.data.sampler import Batches

__all__ = [
    "Batches",
    "DataSet",
    "Examples",
    "Split",
    "load_folder",
    "load_mnist",
    "read_idx",
    "write_idx",
]
