"""Who stands for the patient may change while a consultation runs, and after it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.families.actions import revoke_links_of
from huizhen.consult.joint.models import Application
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.flow.acts import join, leave
from huizhen.kernel.flow.models import Participant
from huizhen.records.patients.queries import get_patient, list_guardian_accounts


@transaction.atomic
def match_family(patient_id: UUID, *, at: datetime) -> None:
    """Let the patient and the guardians of today, and nobody else of the family, take part in the patient's
    consultations. The one who applied takes part as that. Who no longer does takes the links they made along: nobody
    follows by them any more. Done twice, nothing happens."""
    patient = get_patient(patient_id)
    wanted = {(account_id, "family") for account_id in list_guardian_accounts(patient_id)}
    if patient is not None and patient.account_id is not None:
        wanted.add((patient.account_id, "patient"))
    for application in Application.objects.filter(patient_id=patient_id).order_by("case_id"):
        case_id, applicant = application.case_id, application.applicant_id
        active = Participant.objects.filter(case_id=case_id, capacity__in=("patient", "family"), until__isnull=True)
        there = set(active.values_list("account_id", "capacity"))
        for account_id, capacity in sorted(there - wanted):
            leave(case_id, account_id, capacity, actor=SYSTEM, at=at)
        gone = {account_id for account_id, _as in there} - {account_id for account_id, _as in wanted} - {applicant}
        if gone:
            revoke_links_of(application.id, gone, at=at)
        for account_id, capacity in sorted(wanted - there):
            if account_id != applicant:
                join(case_id, account_id, capacity, actor=SYSTEM, at=at)
