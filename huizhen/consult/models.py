"""The tables of this module, gathered for Django."""

from huizhen.consult.contracts.models import Contract, ContractUse
from huizhen.consult.duty.models import DutyShift, Ring, Unheard
from huizhen.consult.joint.aftercare.models import FollowUp, Rating
from huizhen.consult.joint.families.models import FamilyLink
from huizhen.consult.joint.findings.models import OpinionTemplate
from huizhen.consult.joint.meetings.models import Meeting, MeetingOption, MeetingSeat, MeetingVote
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
from huizhen.consult.referrals.models import Referral
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
    "FamilyLink",
    "FollowUp",
    "Invitation",
    "Learning",
    "Material",
    "Meeting",
    "MeetingOption",
    "MeetingSeat",
    "MeetingVote",
    "Opinion",
    "OpinionTemplate",
    "Pace",
    "PanelRule",
    "PanelSeat",
    "PanelTemplate",
    "Question",
    "Rating",
    "Recognition",
    "Referral",
    "Report",
    "Ring",
    "Unheard",
]
