"""Who sees a person's results as the person does: the patient, and who stands for them. Every look is written down."""

from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotVisible
from huizhen.lab.histories import queries, sheets
from huizhen.lab.histories.models import OwnReport
from huizhen.lab.histories.queries import History
from huizhen.lab.histories.sheets import Sheet
from huizhen.lab.lookup.tokens import MOST_RECORDS, Asker, mint_token
from huizhen.lab.specimens.queries import person_key
from huizhen.records.patients.queries import get_person_ids

SHOWN_FOR = timedelta(days=730)


def access_histories(actor: Actor, patient_id: UUID, *, at: datetime) -> list[History]:
    """A patient's own results of the last two years.

    Raises:
        NotVisible: the actor is neither the patient nor stands for them.
    """
    _look(actor, patient_id, at=at)
    return queries.list_histories(patient_id, since=at - SHOWN_FOR)


def access_sheets(actor: Actor, patient_id: UUID, language: str, *, at: datetime) -> list[Sheet]:
    """Which tubes of the last two years a patient has a report of; shown beside the results, and part of that look.

    Raises:
        NotVisible: as `access_histories`.
    """
    if patient_id not in actor.patient_ids:
        raise NotVisible(patient_id)
    return sheets.list_sheets(patient_id, language, since=at - SHOWN_FOR)


def access_sheet(actor: Actor, patient_id: UUID, tube_id: UUID, language: str, *, at: datetime) -> Sheet:
    """Load one tube's report, to ask for it.

    Raises:
        NotVisible: as `access_histories`; also where nothing of this tube was released to the patient.
    """
    if patient_id not in actor.patient_ids:
        raise NotVisible(patient_id)
    found = sheets.list_sheets(patient_id, language, since=at - SHOWN_FOR, tube_id=tube_id)
    if not found:
        raise NotVisible(tube_id)
    return found[0]


def access_report(actor: Actor, report_id: UUID, *, at: datetime) -> OwnReport:
    """Load a report that was asked for, to fetch it. Every time is written down.

    Raises:
        NotVisible: it is nobody's whom the actor is or stands for.
    """
    found = OwnReport.objects.select_related("file__content", "paper").filter(id=report_id).first()
    mine = {one for patient_id in actor.patient_ids for one in get_person_ids(patient_id)}
    if found is None or found.patient_id not in mine:
        raise NotVisible(report_id)
    audit.record(
        actor, "lab.report.read", subject_kind="report", subject_id=found.id, patient_id=found.patient_id, at=at
    )  # fmt: skip
    return found


def access_token(actor: Actor, patient_id: UUID, *, at: datetime) -> str:
    """A token with which the patient's own device may look up results for fifteen minutes, also those under records
    that were joined with this one. What is looked up with it is one look: it is written down here.

    Raises:
        NotVisible: the actor is neither the patient nor stands for them.
    """
    _look(actor, patient_id, at=at)
    records = [person_key(one) for one in get_person_ids(patient_id)[:MOST_RECORDS]]
    return mint_token(*records, asker=Asker.CITIZEN, at=at)


def _look(actor: Actor, patient_id: UUID, *, at: datetime) -> None:
    if patient_id not in actor.patient_ids:
        raise NotVisible(patient_id)
    audit.record(actor, "lab.result.read", subject_kind="patient", subject_id=patient_id, patient_id=patient_id, at=at)
