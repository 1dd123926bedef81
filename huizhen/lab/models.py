"""The tables of this module, gathered for Django."""

from huizhen.lab.catalogue.models import Coding, ControlTarget, Item, Panel, Range
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.histories.models import OwnReport
from huizhen.lab.instruments.models import (
    Instrument,
    InstrumentHour,
    OrderDownload,
    ProfileVersion,
    RawMessage,
    ResultRequest,
)
from huizhen.lab.reporting.models import Backfill, Batch, Delivery, HandIn, Template, Upstream
from huizhen.lab.results.models import ControlRun, Held, Observation, Paper, Released, Unsaid
from huizhen.lab.specimens.models import (
    Box,
    Campaign,
    Clash,
    Doubt,
    PersonList,
    Site,
    TestOrder,
    Tube,
    TubePerson,
    UnknownScan,
)

__all__ = [
    "Backfill",
    "Batch",
    "Box",
    "Campaign",
    "Clash",
    "Coding",
    "ControlRun",
    "ControlTarget",
    "Delivery",
    "Doubt",
    "HandIn",
    "Held",
    "Instrument",
    "InstrumentHour",
    "Item",
    "Observation",
    "OrderDownload",
    "OwnReport",
    "Panel",
    "Paper",
    "PersonList",
    "ProfileVersion",
    "Range",
    "RawMessage",
    "Released",
    "ResultRequest",
    "Site",
    "Template",
    "TestOrder",
    "Trouble",
    "Tube",
    "TubePerson",
    "UnknownScan",
    "Unsaid",
    "Upstream",
]
