"""Applying for a joint consultation: drafts that lose nothing, and sending that happens once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.consult.joint.flow import APPLY, JOINT
from huizhen.consult.joint.models import Application, Draft, Material
from huizhen.consult.joint.queries import find_sent
from huizhen.consult.panels.queries import get_quorum, get_quorum_ahead
from huizhen.kernel import talk
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grants
from huizhen.kernel.flow.door import open_case
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.ids import draw_ahead
from huizhen.kernel.line import together
from huizhen.kernel.statements import fresh, store
from huizhen.people.organisations.queries import centre_for
from huizhen.records.consent.actions import check_ahead, give_consent
from huizhen.records.documents import queries as documents
from huizhen.records.documents.access import list_documents
from huizhen.records.imaging import queries as studies
from huizhen.records.imaging.access import list_studies
from huizhen.records.patients.access import access_patient, is_home
from huizhen.records.patients.queries import list_standing, load_patient_ahead

CONSENT_LASTS = timedelta(days=180)
CONSENT_SCOPE = ("summary", "documents", "imaging")


class NotApplicant(NotAllowed):
    """The actor neither works as an applicant doctor nor acts for this patient."""


@dataclass(frozen=True)
class Wanted:
    """An application as it is sent. `consent_file_id`: the patient's signed form, where a doctor applies; patients
    and guardians agree themselves. `urgent_why` is said in the conversation. `sent_key` is the sender's own: the same
    key twice is the same application."""

    sent_key: str
    patient_id: UUID
    purpose: str
    question: str
    summary: str
    specialty: str
    consent_file_id: UUID | None = None
    urgency: str = "normal"
    wants_meeting: bool = False
    document_ids: tuple[UUID, ...] = ()
    study_ids: tuple[UUID, ...] = ()
    urgent_why: str = ""


@transaction.atomic
def save_draft(actor: Actor, content: dict[str, Any], *, at: datetime, draft_id: UUID | None = None) -> Draft:
    """Keep what was typed so far.

    Raises:
        NotVisible: `draft_id` is not one of the actor's drafts.
    """
    if draft_id is None:
        return Draft.objects.create(account_id=actor.account, content=content, updated_at=at)
    draft = Draft.objects.select_for_update().filter(id=draft_id, account_id=actor.account).first()
    if draft is None:
        raise NotVisible(draft_id)
    draft.content, draft.updated_at = content, at
    draft.save()
    return draft


@transaction.atomic
def delete_draft(actor: Actor, draft_id: UUID) -> None:
    """Throw one's own draft away; gone already, nothing happens."""
    Draft.objects.filter(id=draft_id, account_id=actor.account).delete()


def submit(actor: Actor, wanted: Wanted, *, at: datetime) -> Application:
    """Send an application: case, consent, materials and first messages in one transaction.

    Sent twice under one key, it is stored once and returned again.

    Raises:
        NotApplicant; NotVisible: no such patient for the actor; Refused `no_centre`;
        records.refused.Refused: no proof of consent (`evidence`).
    """
    try:
        with transaction.atomic(), together():
            _ask_ahead(actor, wanted)
            return find_sent(actor.account, wanted.sent_key) or _store(actor, wanted, at)
    except IntegrityError:
        # Two tries at once: the other one has committed.
        sent = find_sent(actor.account, wanted.sent_key)
        if sent is None:
            raise
        return sent


def _ask_ahead(actor: Actor, wanted: Wanted) -> None:
    """All that storing asks comes in one trip."""
    load_patient_ahead(wanted.patient_id)
    get_quorum_ahead(wanted.specialty)
    draw_ahead()
    if wanted.consent_file_id is not None:
        check_ahead(wanted.consent_file_id, actor)


def _store(actor: Actor, wanted: Wanted, at: datetime) -> Application:
    patient = access_patient(actor, wanted.patient_id, to="read")
    organisation_id = _organisation(actor, patient)
    centre_id = centre_for(organisation_id)
    if centre_id is None:
        raise Refused("no_centre")
    case = open_case(
        JOINT, actor=actor, at=at, organisation_id=organisation_id, team_organisation_id=centre_id,
        patient_id=patient.id, urgency=wanted.urgency, participants=_people(actor, patient),
        tells=("team:coordinator", "patient", "family"),
    )  # fmt: skip
    application = fresh(
        Application, case=case, patient=patient, applicant_id=actor.account, sent_key=wanted.sent_key,
        purpose=wanted.purpose, question=wanted.question, summary=wanted.summary, specialty_id=wanted.specialty,
        wants_meeting=wanted.wants_meeting, quorum=get_quorum(wanted.specialty),
    )  # fmt: skip
    store([application])
    give_consent(
        patient, scope=CONSENT_SCOPE, purpose="consultation", case_id=case.id, until=at + CONSENT_LASTS,
        paper_file_id=wanted.consent_file_id, actor=actor, at=at,
    )  # fmt: skip
    attach(application, actor, wanted.document_ids, wanted.study_ids, at)
    if wanted.urgency == "urgent" and wanted.urgent_why.strip():
        # In the applicant's own words, first in the conversation: whoever is rung up sees why.
        talk.post(case.id, actor=actor, at=at, body=wanted.urgent_why, audience="patient", client_id=f"why-{case.id}")
    return application


def attach(
    application: Application, actor: Actor, document_ids: Iterable[UUID], study_ids: Iterable[UUID], at: datetime
) -> None:
    """Add documents and studies of the same patient to an application; there already, nothing happens.

    Raises:
        Refused `wrong_material`: one does not exist, is another patient's, or the actor may not read it.
    """
    document_ids, study_ids = set(document_ids), set(study_ids)
    known = documents.count_of(application.patient_id, document_ids) + studies.count_of(
        application.patient_id, study_ids
    )
    if known < len(document_ids) + len(study_ids):
        raise Refused("wrong_material")
    _check_read(actor, application, document_ids | study_ids)
    Material.objects.bulk_create(
        [
            *(Material(application=application, document_id=key, added_by_id=actor.account, added_at=at)
              for key in document_ids),
            *(Material(application=application, study_id=key, added_by_id=actor.account, added_at=at)
              for key in study_ids),
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _check_read(actor: Actor, application: Application, wanted: set[UUID]) -> None:
    """What lies before a case is opened by consent for it: nobody lays there what they may not read themselves."""
    if not wanted or is_home(actor, application.patient):
        return
    rows = Material.objects.filter(application=application).values_list("document_id", "study_id")
    there = {key for row in rows for key in row}
    patient = application.patient
    readable = {one.id for one in list_documents(actor, patient)} | {one.id for one in list_studies(actor, patient)}
    if wanted - there - readable:
        raise Refused("wrong_material")


def _organisation(actor: Actor, patient: Any) -> UUID:
    """Where the application comes from: the doctor's own organisation, or where the patient is registered."""
    if patient.id in actor.patient_ids:
        return patient.organisation_id
    places = [m.organisation_id for m in actor.memberships if m.role in grants[APPLY].roles]
    if not places:
        raise NotApplicant(APPLY)
    return patient.organisation_id if patient.organisation_id in places else places[0]


def _people(actor: Actor, patient: Any) -> list[tuple[UUID, str]]:
    """The applicant, the patient's own accounts and the guardians', as far as they are not the applicant."""
    standing = list_standing(patient.id).items()
    return [(actor.account, "applicant")] + [
        (account_id, "patient" if own else "family") for account_id, own in standing if account_id != actor.account
    ]
