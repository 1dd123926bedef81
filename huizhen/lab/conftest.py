"""What the tests of every laboratory feature begin with."""

import pytest

from huizhen.lab.tests.builders import Lab, make_lab


@pytest.fixture
def lab() -> Lab:
    """A site and its laboratory with the shipped catalogue."""
    return make_lab()
