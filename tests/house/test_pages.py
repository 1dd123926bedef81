"""The pages that the program writes are current: the drawings of flows and the map of features."""

from huizhen.config.guide.pages import product_flows, render_map
from huizhen.kernel.flow.diagram import render_flows
from tests.house import tree


def page(name: str) -> str:
    return (tree.ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_drawings_of_flows_are_current():
    assert page("flows.md") == render_flows(product_flows()), "run `make flows`"


def test_the_map_is_complete():
    assert page("map.md") == render_map(), "run `make map`"
