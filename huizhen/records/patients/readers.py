"""谁看过我的病历: who opened a record, when, from where, in words."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.audit.queries import list_for_patient
from huizhen.people.accounts.models import Account
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.patients import queries
from huizhen.records.patients.access import READERS, may_there
from huizhen.records.patients.grounds import list_explanations
from huizhen.records.patients.rules import mask_phone

SENTENCES: dict[str, Promise] = {
    "records.patient.read": _("opened the record"),
    "records.patient.write": _("opened the personal data for correction"),
    "records.patient.add": _("opened the record to add material"),
    "records.patient.consent": _("opened the consents"),
    "records.patient.guardians": _("opened the list of guardians"),
    "records.patient.show": _("looked at the whole identity number and phone"),
    "records.patient.found": _("found the record by a search"),
    "records.patient.registered": _("registered the record"),
    "records.patient.corrected": _("corrected personal data"),
    "records.patient.compared": _("compared two records that may be yours"),
    "records.patient.merged": _("joined two records of yours"),
    "records.patient.split": _("took two joined records apart"),
    "records.patient.linked": _("linked the log-in"),
    "records.patient.unlinked": _("ended the log-in"),
    "records.guardian.added": _("added a guardian"),
    "records.guardian.ended": _("ended a guardian"),
    "records.emergency.opened": _("opened the record in an emergency"),
    "records.emergency.read": _("looked at an opening in an emergency"),
    "records.emergency.judged": _("reviewed an opening in an emergency"),
    "records.consent.given": _("recorded a consent"),
    "records.consent.withdrawn": _("withdrew a consent"),
    "records.document.read": _("read a document"),
    "records.document.remove": _("opened a document to remove it"),
    "records.document.added": _("added a document"),
    "records.document.arranged": _("changed how a photograph is shown"),
    "records.document.removed": _("removed a document"),
    "records.medicine.read": _("looked at a medicine"),
    "records.medicine.added": _("wrote down a medicine"),
    "records.medicine.corrected": _("corrected a medicine"),
    "records.timeline.read": _("opened the time line of the record"),
    "records.document.searched": _("searched the documents"),
    "records.transcript.confirmed": _("confirmed what a report says"),
    "records.transcript.asked": _("had a report read again"),
    "records.readers.listed": _("checked who had read the record"),
    "records.imaging.uploaded": _("added images"),
    "records.study.read": _("opened an imaging study"),
    "records.series.read": _("looked at images"),
    "records.study.copied": _("took a copy of images without name"),
    "records.keyimage.marked": _("marked a key image"),
    "records.keyimage.removed": _("took back a key image"),
    "records.measure.drawn": _("measured on an image"),
    "records.measure.changed": _("changed a measurement"),
    "records.measure.removed": _("took back a measurement"),
    "records.measure.restored": _("brought back a measurement"),
    "records.pacs.searched": _("searched the hospital's picture archive"),
    "records.pacs.fetched": _("fetched images from the hospital's picture archive"),
    "records.arrival.read": _("opened images that the hospital's device sent"),
    "records.arrival.assigned": _("assigned images that the hospital's device sent"),
    "records.fhir.exported": _("took a copy of the record"),
    "records.fhir.saved": _("saved a copy of the record"),
    "records.fhir.taken": _("brought in a record from elsewhere"),
    "records.fhir.taken_back": _("took back a record that was brought in"),
    "records.fhir.read": _("read something brought in from elsewhere"),
    "records.pacs.sent": _("sent images to the hospital's picture archive"),
}
# Features above this one leave entries too, when what they show is health data.
SENTENCES |= {
    "consult.joint.read": _("opened the consultation"),
    "consult.joint.outcome.read": _("read the outcome of the consultation"),
    "consult.joint.report.read": _("read the report of the consultation"),
    "consult.joint.report.reopened": _("opened the report of the consultation to correct it"),
    "consult.referral.read": _("opened the referral"),
    "consult.referral.letter.read": _("read the referral letter"),
    "board.delay.read": _("read why the consultation took longer"),
    "consult.joint.shared": _("let a family member follow the consultation"),
    "consult.joint.unshared": _("ended a family member's link"),
    "consult.joint.followed": _("looked at the progress by a family link"),
    "lab.result.read": _("looked at laboratory results"),
    "lab.result.released": _("released a laboratory result"),
    "lab.result.rejected": _("rejected a laboratory value"),
    "lab.result.corrected": _("corrected a laboratory result"),
    "lab.result.withdrawn": _("withdrew a laboratory result"),
    "lab.result.withheld": _("withheld a laboratory result"),
    "lab.report.printed": _("made a laboratory report"),
    "lab.report.read": _("fetched a laboratory report"),
    "lab.retest.read": _("saw that a test is to be repeated"),
    "lab.reporting.exported": _("downloaded laboratory results to hand them in at the health authority's platform"),
    "lab.reporting.sent_again": _("had a laboratory result reported again"),
}
OTHER = _("used the record")


@dataclass(frozen=True)
class Reader:
    """One line of the list. `number` is the cursor of the next page; `own`: the patient or a guardian; `reason`: what a
    doctor gave as the reason to open the record in an emergency."""

    number: int
    at: datetime
    name: str
    organisation: str
    did: str
    own: bool
    case_id: UUID | None
    reason: str = ""


def list_readers(actor: Actor, patient_id: UUID, *, after: int | None = None, limit: int = 50) -> list[Reader]:
    """Who read or changed a patient's record, the latest first; for the patient, guardians and audit administrators.

    `after` is the `number` of the last line seen. When an administrator asks, that leaves an entry too.

    Raises:
        NotVisible: there is no such patient, or not for this actor.
    """
    patient = queries.get_patient(patient_id)
    if patient is None:
        raise NotVisible(patient_id)
    if patient_id not in actor.patient_ids:
        if not may_there(actor, patient, READERS):
            raise NotVisible(patient_id)
        audit.record(
            actor, "records.readers.listed", subject_kind="patient", subject_id=patient_id, patient_id=patient_id,
            organisation_id=patient.organisation_id, at=clock.now(),
        )  # fmt: skip
    entries = list_for_patient(patient.person_ids, after, limit)
    people = {row.pk: row for row in Account.objects.filter(pk__in={entry.actor_id for entry in entries})}
    family = set(queries.list_accounts_of(patient_id))
    reasons = list_explanations([entry.data for entry in entries])
    return [read_entry(entry, people, entry.actor_id in family, reasons) for entry in entries]


def read_entry(entry: AuditEntry, people: dict[UUID, Account], own: bool, reasons: dict[str, str]) -> Reader:
    """One audit entry as a line; the name as it was at the time, the organisation as it is called today."""
    account = people.get(entry.actor_id) if entry.actor_id else None
    home = get_full_name(account.home_id) if account is not None and account.home_id else ""
    did = str(SENTENCES.get(entry.action, OTHER))
    reason = next((reasons[str(key)] for key in (entry.data or {}).values() if str(key) in reasons), "")
    return Reader(entry.id, entry.at, name_reader(entry.actor_name, account), home, did, own, entry.case_id, reason)


def name_reader(then: str, account: Account | None) -> str:
    """What somebody was called at the time. Who had no name yet, and only logged in by phone, is called as today, or by
    the masked phone: nobody can be known by the log-in name the house gave."""
    if account is None or then not in ("", account.username):
        return then
    return account.name or (mask_phone(account.phone) if account.phone else account.username)
