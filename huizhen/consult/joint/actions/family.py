"""Who stands for the patient may change while a consultation runs, and after it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.families.actions import revoke_links_of
from huizhen.consult.joint.models import Application
from huizhen.consult.joint.queries import get_with_participants
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.flow.acts import join, leave
from huizhen.records.patients.queries import get_person_ids, list_standing

APPLICANT = "applicant"
Part = tuple[UUID, str]


@transaction.atomic
def match_family(patient_id: UUID, *, at: datetime) -> None:
    """Let the patient and the guardians of today, and nobody else of the family, take part in the patient's
    consultations. The one who applied takes part as that; family that applied does so as long as they stand for the
    patient, and then the patient, or who stands for the patient now, takes that part on. Who no longer takes part takes
    the links they made along: nobody follows by them any more. Done twice, nothing happens.
    """
    wanted: list[Part] = [
        (account_id, "patient" if own else "family") for account_id, own in list_standing(patient_id).items()
    ]
    rows = Application.objects.filter(patient_id__in=get_person_ids(patient_id)).order_by("case_id")
    for case_id in rows.values_list("case_id", flat=True):
        _match(case_id, wanted, at)


def _match(case_id: UUID, wanted: list[Part], at: datetime) -> None:
    application, people = get_with_participants(case_id)
    standing = [account_id for account_id, _capacity in wanted]
    there = {(one.account_id, one.capacity) for one in people if one.capacity in ("patient", "family", APPLICANT)}
    asking = {account_id for account_id, capacity in there if capacity == APPLICANT}
    gone = {part for part in there if part[1] != APPLICANT and part not in wanted}
    if application.is_by_family:
        gone |= {(account_id, APPLICANT) for account_id in asking if account_id not in standing}
        if not application.case.closed_at and standing and not asking & set(standing):
            join(case_id, standing[0], APPLICANT, actor=SYSTEM, at=at)
    for account_id, capacity in sorted(gone):
        leave(case_id, account_id, capacity, actor=SYSTEM, at=at)
    if left := {account_id for account_id, _as in gone} - {account_id for account_id, _as in there - gone}:
        revoke_links_of(application.id, left - set(standing), at=at)
    for account_id, capacity in wanted:
        if (account_id, capacity) not in there and (account_id, APPLICANT) not in there - gone:
            join(case_id, account_id, capacity, actor=SYSTEM, at=at)
