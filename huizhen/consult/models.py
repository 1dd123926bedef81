"""The tables of this module, gathered for Django."""

from huizhen.consult.contracts.models import Contract, ContractUse
from huizhen.consult.joint.models import Application, Draft, Invitation, Material, Opinion, Report
from huizhen.consult.panels.models import PanelRule, PanelSeat, PanelTemplate
from huizhen.consult.suggestions.models import Experience, Learning, Pace, Recognition

__all__ = [
    "Application",
    "Contract",
    "ContractUse",
    "Draft",
    "Experience",
    "Invitation",
    "Learning",
    "Material",
    "Opinion",
    "Pace",
    "PanelRule",
    "PanelSeat",
    "PanelTemplate",
    "Recognition",
    "Report",
]
