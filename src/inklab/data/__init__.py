"""What is learned from: the bundled MNIST, folders in MNIST's format, and batches of them."""

from inklab.data.dataset import Dataset, Split
from inklab.data.examples import ArrayDataset
from inklab.data.idx import read_idx, write_idx
from inklab.data.idx_folder import load_idx_folder
from inklab.data.mnist import load_mnist
from inklab.data.sampler import BatchSampler

__all__ = [
    "ArrayDataset",
    "BatchSampler",
    "Dataset",
    "Split",
    "load_idx_folder",
    "load_mnist",
    "read_idx",
    "write_idx",
]
