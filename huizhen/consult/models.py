"""The tables of this module, gathered for Django."""

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

__all__ = [
    "Application",
    "Cosignature",
    "CosigningRule",
    "Draft",
    "FamilyLink",
    "FollowUp",
    "Invitation",
    "Material",
    "Meeting",
    "MeetingOption",
    "MeetingSeat",
    "MeetingVote",
    "Opinion",
    "OpinionTemplate",
    "Question",
    "Rating",
    "Report",
]
