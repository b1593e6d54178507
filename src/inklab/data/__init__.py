"""Data sets of labeled images, and batches of them: MNIST, IDX folders and folders of pictures."""

from inklab.data.dataset import ArrayDataset, Dataset, Split
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
