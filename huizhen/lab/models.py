"""The tables of this module, gathered for Django."""

from huizhen.lab.catalogue.models import Coding, ControlTarget, Item, Panel, Range
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.models import Instrument, InstrumentHour, OrderDownload, ProfileVersion, RawMessage
from huizhen.lab.reporting.models import Batch, Delivery, Upstream
from huizhen.lab.results.models import ControlRun, Held, Observation, Paper, Released
from huizhen.lab.specimens.models import Box, Campaign, Clash, Doubt, Site, TestOrder, Tube, TubePerson, UnknownScan

__all__ = [
    "Batch",
    "Box",
    "Campaign",
    "Clash",
    "Coding",
    "ControlRun",
    "ControlTarget",
    "Delivery",
    "Doubt",
    "Held",
    "Instrument",
    "InstrumentHour",
    "Item",
    "Observation",
    "OrderDownload",
    "Panel",
    "Paper",
    "ProfileVersion",
    "Range",
    "RawMessage",
    "Released",
    "Site",
    "TestOrder",
    "Trouble",
    "Tube",
    "TubePerson",
    "UnknownScan",
    "Upstream",
]
