"""What people do in a joint consultation: one function per act, each one transaction."""

from huizhen.consult.joint.actions.apply import NotApplicant, Wanted, delete_draft, save_draft, submit
from huizhen.consult.joint.actions.corrections import correct_closed, correct_report, drop_correction
from huizhen.consult.joint.actions.cosigning import (
    cosign,
    object_report,
    pass_cosigning,
    recall_report,
    release_cosigner,
    wish_to_cosign,
)
from huizhen.consult.joint.actions.course import (
    ask_material,
    extend,
    make_move,
    note_agreed_again,
    note_consent_withdrawn,
    reassign,
    set_urgency,
    supply_material,
)
from huizhen.consult.joint.actions.family import match_family
from huizhen.consult.joint.actions.leaving import release_expert
from huizhen.consult.joint.actions.opinions import (
    OpinionFields,
    confirm_opinion,
    reopen_review,
    save_opinion,
    sign_opinion,
    withdraw_opinion,
)
from huizhen.consult.joint.actions.panel import (
    answer,
    dismiss_invitations,
    expire_invitation,
    invite,
    name_chair,
    withdraw_invitation,
)
from huizhen.consult.joint.actions.reports import (
    approve_report,
    begin_draft,
    issue_report,
    issue_waiting,
    list_texts,
    preview,
    save_report,
)

__all__ = [
    "NotApplicant",
    "OpinionFields",
    "Wanted",
    "answer",
    "approve_report",
    "ask_material",
    "begin_draft",
    "confirm_opinion",
    "correct_closed",
    "correct_report",
    "cosign",
    "delete_draft",
    "dismiss_invitations",
    "drop_correction",
    "expire_invitation",
    "extend",
    "invite",
    "issue_report",
    "issue_waiting",
    "list_texts",
    "make_move",
    "match_family",
    "name_chair",
    "note_agreed_again",
    "note_consent_withdrawn",
    "object_report",
    "pass_cosigning",
    "preview",
    "reassign",
    "recall_report",
    "release_cosigner",
    "release_expert",
    "reopen_review",
    "save_draft",
    "save_opinion",
    "save_report",
    "set_urgency",
    "sign_opinion",
    "submit",
    "supply_material",
    "wish_to_cosign",
    "withdraw_invitation",
    "withdraw_opinion",
]
