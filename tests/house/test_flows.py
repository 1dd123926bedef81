"""docs/flows.md shows the flows as they are."""

import importlib
import importlib.util

from huizhen.kernel.flow.diagram import render_flows
from huizhen.kernel.flow.language import FLOWS
from tests.house import tree


def product_flows():
    """The registered flows of the product, without those that tests make."""
    if importlib.util.find_spec("huizhen.config.wiring"):
        importlib.import_module("huizhen.config.wiring")
    return [flow for flow in FLOWS.values() if not flow.kind.startswith("example.")]


def test_the_page_of_flows_is_current():
    page = (tree.ROOT / "docs/flows.md").read_text(encoding="utf-8")
    assert page == render_flows(product_flows()), "run `make flows`"
