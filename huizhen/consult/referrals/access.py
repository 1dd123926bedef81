"""Loading a referral for somebody. The receiving side, its coordinators and the doctor they have named, sees that there
is one; letter and material it reads only while the patient's consent holds and the referral lasts."""

from dataclasses import dataclass
from uuid import UUID

from huizhen.consult.referrals.flow import PATIENT, RECEIVE, RECEIVER, SEE
from huizhen.consult.referrals.models import Referral
from huizhen.consult.referrals.queries import get_referral, list_received
from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant, grants, may, may_on_case
from huizhen.kernel.flow.queries import get_capacities
from huizhen.records.consent.queries import is_permitted

# Asked of the consultation's case: its applicant, a doctor, begins a referral.
BEGIN = grant("consult:referral:begin", participants=("applicant",))


@dataclass(frozen=True)
class Seen:
    """A referral as one actor may see it. `opens`: whether its letter and the consultation's material are open."""

    referral: Referral
    capacities: frozenset[str]
    actor: Actor
    opens: bool

    def may(self, permission: str) -> bool:
        """Whether the actor holds this permission on the case."""
        return may_on_case(self.actor, permission, self.referral.case, self.capacities)

    @property
    def as_patient(self) -> bool:
        """Whether the actor sees it with the patient's eyes."""
        return bool(self.capacities) and self.capacities <= set(PATIENT)

    @property
    def as_receiver(self) -> bool:
        """Whether the actor is the doctor whom the receiving hospital has named."""
        return RECEIVER in self.capacities

    @property
    def audience(self) -> str:
        """Which lines of the time line the actor may see."""
        return "patient" if self.as_patient else "staff"


def access_referral(actor: Actor, case_id: UUID, *, to: str = "") -> Seen:
    """The referral of a case, for reading or, where `to` names a permission, for doing that. The read is audited.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done.
    """
    referral = get_referral(case_id)
    if referral is None:
        raise NotVisible(case_id)
    capacities = frozenset(get_capacities([case_id], actor.account_id).get(case_id, ()))
    if not may_on_case(actor, SEE, referral.case, capacities):
        raise NotVisible(case_id)
    seen = Seen(referral, capacities, actor, _opens(actor, referral, capacities))
    if to and not seen.may(to):
        raise NotAllowed(to)
    _note(actor, referral, "consult.referral.read")
    return seen


def access_letter(actor: Actor, case_id: UUID) -> Referral:
    """The referral with its signed letter, for whoever may read that. Audited as a read of it.

    Raises:
        NotVisible: there is none yet, or not for this actor, or not any more.
    """
    seen = access_referral(actor, case_id)
    if seen.referral.file is None or not seen.opens:
        raise NotVisible(case_id)
    _note(actor, seen.referral, "consult.referral.letter.read")
    return seen.referral


def access_received(actor: Actor, *, closed: bool = False) -> list[Referral]:
    """What was sent to the organisations whose referrals the actor takes; numbers and states, nothing of the record.

    Raises:
        NotAllowed: the actor takes none anywhere.
    """
    places = [m.organisation_id for m in actor.memberships if m.role in grants[RECEIVE].team_roles]
    if not places:
        raise NotAllowed(RECEIVE)
    return list_received(places, closed=closed)


def _opens(actor: Actor, referral: Referral, capacities: frozenset[str]) -> bool:
    if capacities - {RECEIVER} or may(actor, SEE, referral.case.organisation_id):
        return True
    person = referral.application.patient.person_ids
    return is_permitted(actor, person, "summary", referral.case_id, at=clock.now())


def _note(actor: Actor, referral: Referral, what: str) -> None:
    audit.record(
        actor, what, subject_kind="referral", subject_id=referral.id, patient_id=referral.application.patient_id,
        case_id=referral.case_id, organisation_id=referral.case.organisation_id,
    )  # fmt: skip
