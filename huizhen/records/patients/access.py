"""Who may see a patient. Staff by role at the patient's organisation, the patient, guardians; everybody else only
through a consent in force. What may not be seen does not exist, and every look leaves an audit entry."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, directory, grant, grants, may
from huizhen.records.consent.access import GIVE
from huizhen.records.consent.queries import Piece, is_permitted, list_in_force
from huizhen.records.consent.rules import HEALTH
from huizhen.records.patients import queries
from huizhen.records.patients.grounds import find_further
from huizhen.records.patients.models import Patient

READ = grant("records:patient:read", roles=("applicant", "department_head"))
WRITE = grant("records:patient:correct", roles=("applicant", "department_head"))
REGISTER = grant("records:patient:register", roles=("applicant", "department_head", "collector", "laboratory"))
ADD = grant("records:material:add", roles=("applicant", "department_head"))
GUARDIANS = grant("records:guardian:manage", roles=("applicant", "department_head"))
READERS = grant("records:readers:list", roles=("audit_admin",))
PERMISSIONS = {
    "read": READ,
    "write": WRITE,
    "add": ADD,
    "consent": GIVE,
    "guardians": GUARDIANS,
    "readers": READERS,
    "show": READ,
}
OWN = frozenset({"read", "write", "add", "consent", "readers", "show"})
MOST_FOUND = 20


def access_patient(actor: Actor, patient_id: UUID, to: str = "read") -> Patient:
    """Load a patient to `read`, `write` (correct), `add` material, give `consent`, manage `guardians`,
    `show` the whole identity number and phone.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done.
    """
    patient = queries.get_patient(patient_id)
    at = clock.now()
    ground = find_ground(actor, patient, at=at) if patient else None
    if patient is None or ground is None:
        raise NotVisible(patient_id)
    if not may_do(actor, patient, to, at=at):
        raise NotAllowed(PERMISSIONS[to])
    audit.record(
        actor, f"records.patient.{to}", subject_kind="patient", subject_id=patient.id, patient_id=patient.id,
        organisation_id=patient.organisation_id, data=ground, at=at,
    )  # fmt: skip
    return patient


def may_see(
    actor: Actor,
    patient: Patient,
    what: str | Iterable[str] = HEALTH,
    piece: Piece | None = None,
    *,
    at: datetime,
) -> bool:
    """Whether the actor may read `what` of this patient; with `piece`, whether this piece of it."""
    return find_ground(actor, patient, what, piece, at=at) is not None


def find_ground(
    actor: Actor,
    patient: Patient,
    what: str | Iterable[str] = HEALTH,
    piece: Piece | None = None,
    *,
    at: datetime,
) -> dict[str, str] | None:
    """What lets the actor read, as the audit keeps it: nothing to say of role and consent, the key of an emergency
    access; None where nothing does. Of the rest the last is asked last: it costs nobody else a query. `piece`: see
    `is_permitted`."""
    if patient.retired_at is not None:
        return None
    if is_home(actor, patient) or is_permitted(actor, patient.person_ids, what, at=at, piece=piece):
        return {}
    return find_further(actor, patient, at=at)


def is_home(actor: Actor, patient: Patient, permission: str = READ) -> bool:
    """Whether the actor needs no consent: the patient, a guardian, or staff with the permission where the person is
    registered."""
    return patient.id in actor.patient_ids or may_there(actor, patient, permission)


def may_there(actor: Actor, patient: Patient, permission: str) -> bool:
    """Whether the actor holds the permission at an organisation where this person is registered."""
    return any(may(actor, permission, place) for place in patient.places)


def may_do(actor: Actor, patient: Patient, to: str, *, at: datetime) -> bool:
    """Whether somebody who sees the patient may also do this."""
    if to in OWN and patient.id in actor.patient_ids:
        return True
    if may_there(actor, patient, PERMISSIONS[to]):
        return True
    if to == "guardians":
        return actor.account_id in patient.own_accounts
    if to == "add":
        return is_host(actor, patient, at=at)
    return to == "read"


def is_host(actor: Actor, patient: Patient, *, at: datetime) -> bool:
    """Whether the actor treats the patient at another organisation that the patient has opened the record to."""
    if not actor.roles() & grants[ADD].roles:
        return False
    return list_in_force(actor, patient.person_ids, HEALTH, at=at).filter(organisation__isnull=False).exists()


def list_patients(actor: Actor, *, name: str = "", identity_number: str = "", phone: str = "") -> list[Patient]:
    """Patients of the actor's organisations that match all that is given, exactly; at most 20.

    Only whole names, numbers and phones are found: what is sealed cannot be searched by parts. Each hit leaves an
    audit entry with the patient, a search without a hit leaves one without.
    """
    places = visible_places(actor)
    wanted: dict[str, Any] = {}
    if name.strip():
        wanted["name_index"] = queries.index_name(name)
    if phone.strip():
        wanted["phone_index"] = queries.index_phone(phone) or b""
    if identity_number.strip():
        wanted["identity_index__in"] = queries.list_identity_indexes(identity_number)
    if not wanted or not places:
        return []
    found = Patient.objects.filter(organisation_id__in=places, retired_at=None, **wanted)
    found = found.select_related("replaced_by").order_by("-registered_at", "-id")
    hits = queries.survivors(found[:MOST_FOUND])
    note_search(actor, hits, sorted(wanted))
    return hits


def access_search(actor: Actor) -> set[UUID]:
    """The organisations whose patients the actor may search; the search itself leaves the audit entries.

    Raises:
        NotVisible: for patients and families. NotAllowed: for staff whose roles reach no patients.
    """
    places = visible_places(actor)
    if not places:
        raise NotAllowed(READ) if actor.memberships else NotVisible(READ)
    return places


def registering_places(actor: Actor) -> list[UUID]:
    """The organisations where the actor may register patients, as named in the own memberships."""
    return list(dict.fromkeys(m.organisation_id for m in actor.memberships if m.role in grants[REGISTER].roles))


def visible_places(actor: Actor) -> set[UUID]:
    """The organisations whose patients the actor may read by role."""
    held = grants[READ].roles
    return {
        place for m in actor.memberships if m.role in held for place in directory().below(m.organisation_id)
    }  # fmt: skip


def note_search(actor: Actor, hits: list[Patient], by: list[str]) -> None:
    """One audit entry per patient found, or one for a search that found nobody."""
    at = clock.now()
    for hit in hits:
        audit.record(
            actor, "records.patient.found", subject_kind="patient", subject_id=hit.id, patient_id=hit.id,
            organisation_id=hit.organisation_id, data={"by": by}, at=at,
        )  # fmt: skip
    if not hits:
        audit.record(
            actor, "records.patient.searched", subject_kind="account", subject_id=actor.account_id,
            data={"by": by}, at=at,
        )  # fmt: skip
