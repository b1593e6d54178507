"""What the tests of several rooms share."""

import pytest

from inklab.data import DataSet, load_mnist


@pytest.fixture(scope="session")
def mnist() -> DataSet:
    """The bundled MNIST, loaded once."""
    return load_mnist()
