"""What the tests of several rooms share."""

import os

import pytest

from inklab.data import DataSet, load_mnist

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch loads: tests share the machine


@pytest.fixture(scope="session")
def mnist() -> DataSet:
    """The bundled MNIST, loaded once."""
    return load_mnist()
