"""What the tests of several rooms share."""

import os
from collections.abc import Iterator

import pytest

from inklab.data import DataSet, load_mnist

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # before torch loads: tests share the machine
os.environ.setdefault("SCIPY_ARRAY_API", "1")  # before scipy loads: else a check of scikit-learn is skipped
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # before Ray loads: it listens on 127.0.0.1


@pytest.fixture(scope="session")
def mnist() -> DataSet:
    """The bundled MNIST, loaded once."""
    return load_mnist()


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Keep small steps fast where other processes want the cores too."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
