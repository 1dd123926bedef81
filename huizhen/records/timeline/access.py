"""The time line as one reader may see it: every piece by its own rule, and one audit entry for the look."""

from collections.abc import Iterator
from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.flow.models import Case
from huizhen.kernel.flow.queries import Filters, find_worklist
from huizhen.records.acting import day_of
from huizhen.records.consent.access import READ as READ_CONSENTS
from huizhen.records.consent.queries import list_consents_of
from huizhen.records.documents.access import list_documents
from huizhen.records.fhir.pieces import list_brought, list_pieces, read_content
from huizhen.records.fhir.results import list_result_keys, read_result
from huizhen.records.fhir.rules import IMPERSONAL, MEDICINES
from huizhen.records.imaging.access import list_studies
from huizhen.records.medicines.access import list_medicines
from huizhen.records.medicines.rules import in_words
from huizhen.records.patients.access import find_ground, is_home
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import get_patient, list_corrections
from huizhen.records.timeline import rules
from huizhen.records.timeline.rules import Entry
from huizhen.records.transcripts.queries import list_confirmed


def access_timeline(actor: Actor, patient_id: UUID) -> Patient:
    """Load a patient to look at the time line; one entry in the audit for all that it shows.

    Raises:
        NotVisible: there is no such patient, or not for this actor.
    """
    patient, at = get_patient(patient_id), clock.now()
    ground = find_ground(actor, patient, at=at) if patient else None
    if patient is None or ground is None:
        raise NotVisible(patient_id)
    audit.record(
        actor, "records.timeline.read", subject_kind="patient", subject_id=patient.id, patient_id=patient.id,
        organisation_id=patient.organisation_id, data=ground, at=at,
    )  # fmt: skip
    return patient


def list_entries(actor: Actor, patient: Patient) -> list[Entry]:
    """Everything the actor may see of what happened to a patient, in no order. `patient`: see `access_timeline`."""
    return [
        *of_cases(actor, patient), *of_documents(actor, patient), *of_studies(actor, patient),
        *of_medicines(actor, patient), *of_brought(actor, patient), *of_consents(actor, patient),
        *of_corrections(actor, patient),
    ]  # fmt: skip


def of_cases(actor: Actor, patient: Patient) -> Iterator[Entry]:
    """Consultations and other cases the actor oversees or takes part in: the open ones, then the ended ones, the latest
    first, up to `rules.MOST_CASES`. One statement for each page of each list, and one for all their rows."""
    found: dict[UUID, None] = {}
    for closed in (False, True):
        for scope in ("organisation", "part") if actor.memberships else ("part",):
            found |= dict.fromkeys(_keys_of(actor, scope, Filters(patient_ids=patient.person_ids, closed=closed)))
    for case in Case.objects.in_bulk(list(found)[: rules.MOST_CASES]).values():
        yield Entry(day_of(case.opened_at), "case", case.id, case.kind, case.number, case.organisation_id)


def _keys_of(actor: Actor, scope: str, filters: Filters) -> Iterator[UUID]:
    place, known = find_worklist(actor, scope, filters, limit=rules.CASES_AT_ONCE), 0
    yield from place.case_ids
    while place.after and (known := known + len(place.case_ids)) < rules.MOST_CASES:
        place = find_worklist(actor, scope, filters, after=place.after, limit=rules.CASES_AT_ONCE)
        yield from place.case_ids


def of_documents(actor: Actor, patient: Patient) -> Iterator[Entry]:
    """Documents by the day they speak of, with what is out of range where a table was confirmed."""
    documents = list_documents(actor, patient)
    confirmed = {one.document_id: items for one, items in list_confirmed([row.id for row in documents])}
    brought = list_brought([row.id for row in documents])
    for row in documents:
        added_on = day_of(row.uploaded_at)
        odd = [(f"{item.name} {item.value} {item.unit}".strip(), item.flag)
               for item in confirmed.get(row.id, ()) if item.flag]  # fmt: skip
        yield Entry(
            row.taken_on or added_on, "document", row.id, row.kind, row.title, row.uploaded_by.home_id, added_on,
            tuple(odd), source=brought[row.id].run.source if row.id in brought else "", brought=row.id in brought,
        )  # fmt: skip


def of_studies(actor: Actor, patient: Patient) -> Iterator[Entry]:
    """Imaging studies by the day they were taken."""
    for row in list_studies(actor, patient):
        added_on = day_of(row.added_at)
        # What a device sent by itself came from the hospital that keeps the record.
        home = row.added_by.home_id if row.added_by else patient.organisation_id
        yield Entry(row.taken_on or added_on, "study", row.id, "", row.description, home, added_on)


def of_medicines(actor: Actor, patient: Patient) -> Iterator[Entry]:
    """Medicines by the day they were begun; those brought in from elsewhere stand among what was brought."""
    for row in list_medicines(actor, patient):
        added_on = day_of(row.recorded_at)
        title = " · ".join(part for part in (row.name, in_words(row.dose, row.route, row.frequency)) if part)
        yield Entry(
            row.starts_on or added_on, "medicine", row.id, row.status, title, row.recorded_by.home_id, added_on,
            source=row.source,
        )  # fmt: skip


def of_brought(actor: Actor, patient: Patient) -> Iterator[Entry]:
    """What was brought in from elsewhere and has no file; results stand in their report."""
    rows = [row for row in list_pieces(actor, patient, at=clock.now()) if row.kind not in IMPERSONAL]
    contents = {row.id: read_content(row) for row in rows}
    inside = {key for content in contents.values() for key in list_result_keys(content)}
    for row in rows:
        if row.id in inside:
            continue
        added_on = day_of(row.added_at)
        results = [read_result(contents[key]) for key in list_result_keys(contents[row.id]) if key in contents]
        results = results or ([read_result(contents[row.id])] if row.kind == "Observation" else [])
        odd = tuple((one.text, one.flag) for one in results if one.flag)
        kind = "medicine" if row.kind in MEDICINES else "brought"
        yield Entry(
            row.on or added_on, kind, row.id, row.kind, row.title, row.run.started_by.home_id, added_on, odd,
            source=row.run.source, brought=True,
        )  # fmt: skip


def of_consents(actor: Actor, patient: Patient) -> Iterator[Entry]:
    """Consents given and withdrawn, for those who may see them."""
    if not is_home(actor, patient, READ_CONSENTS):
        return
    for row in list_consents_of(patient.person_ids):
        title = row.account.name if row.account else row.case.number if row.case else ""
        yield Entry(day_of(row.given_at), "consent", row.id, "given", title, row.organisation_id)
        if row.withdrawn_at:
            yield Entry(day_of(row.withdrawn_at), "consent", row.id, "withdrawn", title, row.organisation_id)


def of_corrections(actor: Actor, patient: Patient) -> Iterator[Entry]:
    """What was corrected in the personal data, for the patient's own people; never the values."""
    if not is_home(actor, patient):
        return
    for row in list_corrections(patient.person_ids):
        yield Entry(
            day_of(row.at), "correction", row.id, row.field, row.reason, row.actor.home_id if row.actor else None
        )
