"""What the tests of several rooms share."""

import os

import pytest

from inklab.data import DataSet, load_mnist

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # before torch loads: tests share the machine


@pytest.fixture(scope="session")
def mnist() -> DataSet:
    """The bundled MNIST, loaded once."""
    return load_mnist()
