"""For each flow, its cast and a way to bring a case into each of its states by real acts: what the table test walks on.

A new flow needs an entry in `WORLDS`; a new state needs a line in its world.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint import actions
from huizhen.consult.joint.questions.actions import ask_back
from huizhen.consult.joint.tests import builders as joint
from huizhen.consult.referrals.tests.builders import on_the_desk
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.flow.acts import join, set_clock
from huizhen.kernel.flow.door import move, open_case
from huizhen.lab.exceptions.actions import report_trouble
from huizhen.lab.exceptions.rules import Found
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner
from huizhen.records.emergency.actions import judge, open_emergency
from huizhen.records.tests.builders import make_guardian, make_patient
from tests.example.flow import ERRAND

# What moves must be given in any flow; a flow whose moves need more adds it here.
DATA = {
    "missing": ["material"], "invitation": "0" * 32, "report": "0" * 32, "price": 100, "meeting": "0" * 32,
    "experts": ["0" * 32], "question": "0" * 32, "repair": "rebind", "instrument": "GLU 1", "count": 1,
    "letter": "0" * 32, "cosigner": "0" * 32, "appointment": "2026-12-01", "doctor": "沈毅",
}  # fmt: skip


@dataclass
class World:
    """One case in a wished-for state: where it belongs, and everybody who takes part in it."""

    case_id: UUID
    home: Any
    centre: Any
    people: list[Any]


def joint_world(state: str, travel: Any) -> World:
    """A joint consultation in this state, with the patient, a daughter, and an expert who has not answered yet."""
    cast = joint.make_cast(travel)
    daughter = make_guardian(cast.patient).account
    late = make_practitioner(name="未答复").account
    application = JOINT_STATES[state](cast)
    if state in ("assigning", "reviewing"):
        actions.invite(cast.actor(cast.coordinator), application.case_id, [late.id], at=cast.later(minutes=1))
    people = [cast.applicant, cast.patient_account, daughter, late, *cast.experts, cast.coordinator]
    return World(application.case_id, cast.county, cast.platform, people)


def _joint_move(bring: Callable[[Any], Any], name: str, who: str = "coordinator", **given: Any) -> Callable[[Any], Any]:
    def reach(cast: Any) -> Any:
        application = bring(cast)
        actor = cast.actor(cast.experts[0] if who == "chair" else getattr(cast, who))
        actions.make_move(actor, application.case_id, name, at=cast.later(minutes=1), **given)
        return application

    return reach


def _incomplete(cast: Any) -> Any:
    application = joint.submitted(cast)
    actor = cast.actor(cast.coordinator)
    actions.ask_material(actor, application.case_id, missing=["imaging"], note="", at=cast.later(minutes=1))
    return application


def _assigning(cast: Any) -> Any:
    """The panel stands, so that the review may begin."""
    application, actor = joint.assigning(cast), cast.actor(cast.coordinator)
    made = actions.invite(actor, application.case_id, [expert.id for expert in cast.experts], at=cast.later(minutes=1))
    for invitation, expert in zip(made, cast.experts, strict=True):
        actions.answer(cast.actor(expert), invitation.id, accepts=True, at=cast.at)
    actions.name_chair(actor, application.case_id, made[0].id, at=cast.later(minutes=1))
    return application


def _meeting(cast: Any) -> Any:
    """Everybody has signed, so that the report may be drafted."""
    application = _joint_move(lambda c: joint.reviewing(c, wants_meeting=True), "call_meeting", "chair")(cast)
    for expert in cast.experts:
        joint.sign(cast, application, expert)
    return application


def _drafting(cast: Any) -> Any:
    """A correction is being written, so that it may be dropped too."""
    application = joint.delivered(cast)
    actions.correct_report(cast.actor(cast.experts[0]), application.case_id, reason="笔误", at=cast.later(minutes=1))
    return application


def _cosigning(cast: Any) -> Any:
    """One expert wishes to sign beside the chair, who has approved."""
    application = joint.drafting(cast)
    actions.wish_to_cosign(cast.actor(cast.experts[1]), application.case_id, wishes=True)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=1))
    return application


def _answering(cast: Any) -> Any:
    """The applicant has asked about the report."""
    application = joint.delivered(cast)
    actor = cast.actor(cast.applicant)
    ask_back(actor, application.case_id, question="两周后怎么复查？", sent_key="q1", at=cast.later(minutes=1))
    return application


def _closed(cast: Any) -> Any:
    """The chair has come back to correct the report."""
    application = _joint_move(joint.delivered, "close", "applicant")(cast)
    with transaction.atomic():
        join(application.case_id, cast.experts[0].id, "chair", actor=SYSTEM, at=cast.at)
    return application


def _late(cast: Any) -> Any:
    """The report of an ended case is being corrected."""
    application = _joint_move(joint.delivered, "close", "applicant")(cast)
    actions.correct_closed(cast.actor(cast.experts[0]), application.case_id, reason="笔误", at=cast.later(minutes=1))
    return application


JOINT_STATES: dict[str, Callable[[Any], Any]] = {
    "submitted": joint.submitted,
    "incomplete": _incomplete,
    "received": _joint_move(joint.submitted, "accept_material"),
    "assigning": _assigning,
    "reviewing": lambda cast: joint.reviewing(cast, wants_meeting=True),
    "meeting": _meeting,
    "drafting": _drafting,
    "drafting:late": _late,
    "cosigning": _cosigning,
    "delivered": joint.delivered,
    "answering": _answering,
    "closed": _closed,
    "withdrawn": _joint_move(joint.reviewing, "withdraw", "applicant"),
    "referred": _joint_move(joint.reviewing, "refer", reason="需要急诊手术"),
}

ERRAND_STATES: dict[str, tuple[tuple[str, str], ...]] = {
    "placed": (),
    "unclear": (("coordinator", "ask"),),
    "running": (("coordinator", "start"),),
    "done": (("coordinator", "start"), ("helper", "finish")),
    "closed": (("coordinator", "start"), ("helper", "finish"), ("applicant", "confirm")),
    "withdrawn": (("applicant", "withdraw"),),
}


def errand_world(state: str, travel: Any) -> World:
    """An errand in this state."""
    centre = make_organisation(kind="platform", is_centre=True)
    home = make_organisation(parent=centre)
    people = {"applicant": make_account(), "helper": make_account()}
    people["coordinator"] = make_member("coordinator", centre).account
    at = joint.MONDAY
    with transaction.atomic():
        case = open_case(
            ERRAND, actor=joint.get_actor(people["applicant"]), at=at, organisation_id=home.id,
            team_organisation_id=centre.id,
            participants=[(people[capacity].id, capacity) for capacity in ("applicant", "helper")],
        )  # fmt: skip
        set_clock(case.id, "invitation:1", at=at, holder_id=people["helper"].id)
        for who, name in ERRAND_STATES[state]:
            move(case.id, name, actor=joint.get_actor(people[who]), at=at, data=DATA)
    return World(case.id, home, centre, list(people.values()))


EXCEPTION_STATES: dict[str, tuple[str, ...]] = {
    "open": (),
    "confirming": ("propose",),
    "solved": ("solve",),
    "dismissed": ("dismiss",),
}


def exception_world(state: str, travel: Any) -> World:
    """A laboratory exception in this state, of a site below the laboratory's hospital."""
    centre = make_organisation(kind="group")
    home = make_organisation(parent=centre)
    at = joint.MONDAY
    found = Found("not_received", "not_received:1", centre.id, home.id)
    trouble = report_trouble(found, at=at)
    assert trouble is not None
    with transaction.atomic():
        for name in EXCEPTION_STATES[state]:
            move(trouble.case_id, name, actor=SYSTEM, at=at, data={"repair": "rebind"}, reason="有原因")
    return World(trouble.case_id, home, centre, [make_account()])


def emergency_world(state: str, travel: Any) -> World:
    """A record opened in an emergency by a doctor of another hospital, judged or not."""
    centre = make_organisation(kind="group")
    home = make_organisation(parent=centre)
    patient = make_patient(home, name="李秀英")
    doctor = make_practitioner(name="急诊医生", role="applicant").account
    found = open_emergency(
        name="李秀英", number=patient.identity_number, reason="昏迷，须立即了解用药史", actor=joint.get_actor(doctor),
        at=joint.MONDAY,
    )  # fmt: skip
    if state != "reviewing":
        judge(
            found,
            state,
            reason="有急诊病历",
            actor=joint.get_actor(make_member("audit_admin", home).account),
            at=joint.MONDAY,
        )
    return World(found.case_id, home, home, [doctor])


REFERRAL_STATES: dict[str, tuple[str, ...]] = {
    "draft": (),
    "sent": ("send",),
    "accepted": ("send", "accept"),
    "arrived": ("send", "accept", "record_arrival"),
    "answered": ("send", "accept", "record_arrival", "report_back"),
    "unanswered": ("send", "accept", "record_arrival", "lapse"),
    "missed": ("send", "accept", "record_absence"),
    "refused": ("send", "refuse"),
    "withdrawn": ("withdraw",),
}


def referral_world(state: str, travel: Any) -> World:
    """A referral in this state, from a consultation of a county below the receiving hospital."""
    cast = joint.make_cast(travel)
    daughter = make_guardian(cast.patient).account
    application = joint.submitted(cast)
    people = {"applicant": cast.applicant, "patient": cast.patient_account, "family": daughter}
    case_id = on_the_desk(cast, application, cast.platform, people).case_id
    with transaction.atomic():
        for name in REFERRAL_STATES[state]:
            team = cast.platform.id if name == "send" else None
            move(case_id, name, actor=SYSTEM, at=cast.at, data=DATA, reason="有原因", team_organisation_id=team)
    return World(case_id, cast.county, cast.platform, [*people.values(), cast.experts[0]])


# States that are walked in a second world, because some of their moves fit only there.
FURTHER = [("consult.joint", "drafting:late")]
WORLDS: dict[str, Callable[[str, Any], World]] = {
    "consult.joint": joint_world,
    "consult.referral": referral_world,
    "example.errand": errand_world,
    "lab.exceptions": exception_world,
    "records.emergency": emergency_world,
}
