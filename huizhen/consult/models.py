"""The tables of this module, gathered for Django."""

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

__all__ = [
    "Application",
    "Cosignature",
    "CosigningRule",
    "Draft",
    "Invitation",
    "Material",
    "Opinion",
    "OpinionTemplate",
    "Question",
    "Report",
]
