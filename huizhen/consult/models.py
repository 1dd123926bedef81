"""The tables of this module, gathered for Django."""

from huizhen.consult.contracts.models import Contract, ContractUse
from huizhen.consult.duty.models import DutyShift, Ring
from huizhen.consult.joint.findings.models import OpinionTemplate
from huizhen.consult.joint.models import (
    Application,
    Cosignature,
    CosigningRule,
    Draft,
    Invitation,
    Material,
    Opinion,
    Report,
)
from huizhen.consult.joint.questions.models import Question
from huizhen.consult.panels.models import PanelRule, PanelSeat, PanelTemplate
from huizhen.consult.suggestions.models import Experience, Learning, Pace, Recognition

__all__ = [
    "Application",
    "Contract",
    "ContractUse",
    "Cosignature",
    "CosigningRule",
    "Draft",
    "DutyShift",
    "Experience",
    "Invitation",
    "Learning",
    "Material",
    "Opinion",
    "OpinionTemplate",
    "Pace",
    "PanelRule",
    "PanelSeat",
    "PanelTemplate",
    "Question",
    "Recognition",
    "Report",
    "Ring",
]
