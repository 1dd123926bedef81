"""Loading a joint consultation for somebody: seen and audited, or not there at all. Permissions stand in `flow.py`."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from huizhen.consult.joint.flow import DISCUSS, OPINE, PANEL, READ, SEE, TEAM
from huizhen.consult.joint.models import Application, Invitation, Opinion, Report
from huizhen.consult.joint.queries import (
    get_application,
    get_chair,
    get_report,
    get_signed_report,
    get_with_participants,
    list_chaired,
)
from huizhen.consult.joint.rules import is_patients_eye, needs_consent
from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, grants, may, may_on_case
from huizhen.kernel.flow.access import access_case
from huizhen.people.availability.queries import is_away
from huizhen.people.credentials.cards import get_cards, get_place
from huizhen.people.organisations.queries import list_colleagues
from huizhen.records.consent.queries import Reach, get_reach
from huizhen.records.patients.naming import get_name_for

# Asked at the organisation where the chair practises.
CORRECT = grant("consult:joint:correct_closed", roles=("department_head",))


@dataclass(frozen=True)
class Seen:
    """An application as one actor may see it. `capacities`: as what they take part in it."""

    application: Application
    capacities: frozenset[str]
    actor: Actor

    def may(self, permission: str) -> bool:
        """Whether the actor holds this permission on the case; the conversation is open as far as what was asked is."""
        held = may_on_case(self.actor, permission, self.application.case, self.capacities)
        return held and (permission != DISCUSS or self.is_asked_open)

    @property
    def as_patient(self) -> bool:
        """Whether the actor sees it with the patient's eyes only; patients and families who applied themselves too."""
        own = self.application.patient_id in self.actor.patient_ids
        return is_patients_eye(self.capacities, own=own, by_family=self.application.is_by_family)

    @property
    def audience(self) -> str:
        """Which lines of the time line the actor may see: `patient`, `staff` or `team`."""
        case = self.application.case
        if any(m.organisation_id == case.team_organisation_id and m.role in TEAM for m in self.actor.memberships):
            return "team"
        return "patient" if self.as_patient else "staff"

    @property
    def hears(self) -> str:
        """The same of the conversation, where the experts' discussion (`panel`) is a circle of its own."""
        return "panel" if self.audience == "staff" and self.capacities & PANEL else self.audience

    @property
    def patient_name(self) -> str:
        """The patient's name, or of it what an expert of another hospital may know."""
        patient = self.application.patient
        if self.capacities & {"applicant"}:
            return str(patient.name)
        return get_name_for(self.actor, patient, at=clock.now(), reach=lambda: self.reach)

    @cached_property
    def is_asked_open(self) -> bool:
        """Whether question, summary and conversation are open to the actor: to experts while the patient's consent for
        the case holds, or their own signed opinion stands, for which they answer."""
        if not needs_consent(self.capacities, self.audience):
            return True
        standing = (o for o in self.application.opinions.all() if o.signed_at and not o.withdrawn_at)
        bound = any(o.expert_id == self.actor.account_id for o in standing)
        return bound or self.is_agreed

    @property
    def is_report_open(self) -> bool:
        """Whether signed reports, which print what was asked, and the questions about them are open to who may read
        the material: to nobody who was asked to take part and has not accepted."""
        return self.capacities != {"invitee"} and self.is_asked_open

    @property
    def is_agreed(self) -> bool:
        """Whether the patient agrees to this consultation now: a consent for the case is in force."""
        until = self.application.agreed_until
        return until is not None and clock.now() < until

    @property
    def question(self) -> str:
        """What is asked; empty where it is closed."""
        return str(self.application.question) if self.is_asked_open else ""

    @property
    def summary(self) -> str:
        """The illness in short; empty where it is closed."""
        return str(self.application.summary) if self.is_asked_open else ""

    @cached_property
    def reach(self) -> Reach:
        """What consents open to the actor of this patient's record; read when first asked for, once a page."""
        return get_reach(self.actor, self.application.patient.person_ids, at=clock.now())

    def opinions(self) -> list[Opinion]:
        """The opinions this actor may read: one's own always; an expert, the chair too, and who is asked to be one, the
        others' once one's own is signed; who coordinates or applied all signed ones; patients read the report instead.
        """
        mine = [o for o in self.application.opinions.all() if o.expert_id == self.actor.account_id]
        if self.as_patient or self.capacities == {"invitee"}:
            return []
        signed = [o for o in self.application.opinions.all() if o.signed_at and not o.withdrawn_at]
        if {"expert", "invitee"} & self.capacities and not any(o in signed for o in mine):
            return [o for o in mine if not o.withdrawn_at]
        drafts = [o for o in mine if not o.signed_at]
        return signed + drafts


def access_joint(actor: Actor, case_id: UUID, *, to: str = "") -> Seen:
    """The application of a case, for reading or, where `to` names a permission, for doing that. The read is audited.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done.
    """
    try:
        application, participants = get_with_participants(case_id)
    except Application.DoesNotExist as error:
        raise NotVisible(case_id) from error
    me = actor.account_id
    capacities = frozenset(one.capacity for one in participants if me is not None and one.account_id == me)
    seen = Seen(application, capacities, actor)
    if not seen.may(SEE):
        raise NotVisible(case_id)
    if to and not seen.may(to):
        raise NotAllowed(to)
    audit.record(
        actor, "consult.joint.read", subject_kind="consult.joint", subject_id=application.id,
        patient_id=application.patient_id, case_id=case_id, organisation_id=application.case.organisation_id,
    )  # fmt: skip
    return seen


def access_invitation(actor: Actor, invitation_id: UUID) -> Invitation:
    """One's own invitation.

    Raises:
        NotVisible: there is none for this actor.
    """
    found = (
        Invitation.objects.select_related("application").filter(id=invitation_id, expert_id=actor.account_id).first()
    )
    if found is None:
        raise NotVisible(invitation_id)
    return found


def access_own_opinion(actor: Actor, case_id: UUID) -> Application:
    """The application, if the actor is one of its experts.

    Raises:
        NotVisible, NotAllowed: as `access_joint`.
    """
    access_case(actor, case_id, to=OPINE)
    return get_application(case_id)


def access_correctable(actor: Actor, case_id: UUID, *, at: datetime) -> Application:
    """The application of a case that has ended, for who may correct its report: its chair, or, while the chair is
    away, the head of the chair's department or hospital, a doctor too. Audited.

    Raises:
        NotVisible: there is none, or not for this actor.
    """
    chair = get_chair(case_id)
    if chair is None or not (chair.expert_id == actor.account_id or _stands_in(actor, chair.expert_id, at=at)):
        raise NotVisible(case_id)
    application = get_application(case_id)
    audit.record(
        actor, "consult.joint.report.reopened", subject_kind="consult.joint", subject_id=application.id,
        patient_id=application.patient_id, case_id=case_id, organisation_id=application.case.organisation_id, at=at,
    )  # fmt: skip
    return application


def list_correctable(actor: Actor, *, at: datetime) -> list[Invitation]:
    """The ended cases whose report the actor may correct, the latest first, each as its chair's invitation: numbers
    and days, nothing of the record."""
    chairs = [actor.account, *(key for key in list_below(actor, CORRECT) if _stands_in(actor, key, at=at))]
    return list_chaired(chairs)


def list_below(actor: Actor, permission: str) -> list[UUID]:
    """The experts of the departments that the actor heads."""
    places = [m.organisation_id for m in actor.memberships if m.role in grants[permission].roles]
    return [one.account_id for place in places for one in list_colleagues(place) if one.role == "expert"]


def _stands_in(actor: Actor, chair_id: UUID, *, at: datetime) -> bool:
    """Whether the actor heads the department where the chair practises, is a doctor, and the chair is away."""
    if actor.account_id is None or not get_cards([actor.account_id]):
        return False
    return may(actor, CORRECT, get_place(chair_id)) and is_away(chair_id, at=at)


def access_report(actor: Actor, case_id: UUID, version: int | None = None) -> Report:
    """A signed version of the report with its file, the latest where none is named, for whoever may read the case's
    material. Audited as a read of it.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: the case is seen, its material is not read.
    """
    seen = access_joint(actor, case_id, to=READ)
    key = seen.application.id
    found = get_report(key) if version is None else get_signed_report(key, version)
    if found is None or not seen.is_report_open:
        raise NotVisible(case_id)
    audit.record(
        actor, "consult.joint.report.read", subject_kind="report", subject_id=found.id,
        patient_id=seen.application.patient_id, case_id=case_id,
        organisation_id=seen.application.case.organisation_id, data={"version": found.version},
    )  # fmt: skip
    return found
