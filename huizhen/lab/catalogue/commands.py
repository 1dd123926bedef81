"""`huizhen lab load-catalogue`."""

import sys

from huizhen.lab.catalogue.actions import load_shipped


def load() -> None:
    """Add the panels that ship with the product and are not there yet; what was changed stays."""
    sys.stdout.write(f"{load_shipped()} new panels\n")
