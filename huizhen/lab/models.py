"""The tables of this module, gathered for Django."""

from huizhen.lab.catalogue.models import Coding, ControlTarget, Item, Panel, Range
from huizhen.lab.results.models import ControlRun, Held, Observation, Paper, Released
from huizhen.lab.specimens.models import Box, Campaign, Clash, Doubt, Site, TestOrder, Tube, TubePerson, UnknownScan

__all__ = [
    "Box",
    "Campaign",
    "Clash",
    "Coding",
    "ControlRun",
    "ControlTarget",
    "Doubt",
    "Held",
    "Item",
    "Observation",
    "Panel",
    "Paper",
    "Range",
    "Released",
    "Site",
    "TestOrder",
    "Tube",
    "TubePerson",
    "UnknownScan",
]
