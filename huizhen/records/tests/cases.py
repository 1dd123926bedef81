"""Cases for tests that need one to exist, not to move: rows as the kernel's door would write them."""

from datetime import datetime
from itertools import count
from typing import Any

from django.db import connection

from huizhen.kernel import clock
from huizhen.kernel.flow.models import Case, CaseEvent, Participant
from huizhen.people.organisations.models import Organisation
from huizhen.records.imaging.models import ImagingStudy
from huizhen.records.patients.models import Patient

_serial = count(1)


def make_case(
    patient: Patient, *, centre: Organisation | None = None, kind: str = "records.test", **capacities: Any
) -> Case:
    """An open case of a patient, run by the coordinators of `centre`; `expert=account` takes part as expert."""
    at = clock.now()
    case = Case(
        number=f"R-{next(_serial):08d}", kind=kind, state="open", urgency="normal",
        organisation_id=patient.organisation_id, patient_id=patient.id, team="coordinator",
        team_organisation_id=centre.id if centre else patient.organisation_id, opened_at=at, state_since=at,
    )  # fmt: skip
    tell(case, at)
    case.save(force_insert=True)
    for capacity, account in capacities.items():
        Participant.objects.create(case=case, account=account, capacity=capacity, since=at)
    return case


def bring_for(case: Case, study: ImagingStudy) -> None:
    """Make a study one that was brought for this case, so that consent for the case opens it."""
    study.case = case
    study.save(update_fields=["case"])


def close_case(case: Case) -> None:
    """End a case; its participants stay listed, as they do when a case is over."""
    at = clock.now()
    case.version, case.state, case.closed_at = case.version + 1, "closed", at
    tell(case, at)
    case.save()


def tell(case: Case, at: datetime) -> None:
    """The timeline entry that a change of a case must have."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    CaseEvent.objects.create(
        case_id=case.id, number=case.version, at=at, kind="records.test", to_state=case.state, audience="staff"
    )
