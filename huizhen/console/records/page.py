"""What the page of a patient shows to one reader."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from huizhen.console.records import cases, shown
from huizhen.console.records.forms import PatientForm
from huizhen.console.records.merging import joined_of
from huizhen.console.taken import to_lines
from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.records.consent.access import READ as READ_CONSENTS
from huizhen.records.consent.queries import list_consents_of
from huizhen.records.documents.access import list_documents
from huizhen.records.fhir.access import may_take
from huizhen.records.imaging.access import list_studies
from huizhen.records.medicines.access import list_medicines
from huizhen.records.patients import access, queries, rules
from huizhen.records.patients.grounds import find_further


def page_of(actor: Actor, patient: Any, *, open_numbers: bool = False) -> dict[str, Any]:
    """Everything on the page. `patient` was loaded by `access_patient`, which left the audit entry."""
    at = clock.now()
    rights = {to: access.may_do(actor, patient, to, at=at) for to in ("write", "add", "guardians", "show")}
    home = access.is_home(actor, patient)
    facts = shown.person(actor, patient, at, open_numbers=open_numbers)
    return {
        "crumbs": shown.crumbs(actor, patient),
        "patient": {**facts, "can_show": rights["show"] and home},
        "basis": basis_of(actor, patient),
        "edit": reverse("patient-correct", args=[patient.id]) if rights["write"] and home else "",
        "add": {
            "document": reverse("document-new", args=[patient.id]),
            "imaging": reverse("imaging-new", args=[patient.id]),
            "medicine": reverse("medicine-new", args=[patient.id]),
        }
        if rights["add"]
        else {},
        "series": shown.series(list_studies(actor, patient)),
        "medicines": to_lines(list_medicines(actor, patient)),
        "documents": [shown.document(one) for one in list_documents(actor, patient)],
        "consents": consents_of(actor, patient, at),
        "guardians": [shown.guardian(one) for one in queries.list_guardians(patient.person_ids)] if home else [],
        **log_in_of(actor, patient),
        "add_guardian": reverse("guardian-new", args=[patient.id]) if rights["guardians"] else "",
        "corrections": corrections_of(patient, open_numbers=open_numbers) if home else [],
        "joined": joined_of(actor, patient) if home else [],
        "cases": cases.of_patient(actor, patient.person_ids, home=home),
        "copies": reverse("fhir", args=[patient.id]) if may_take(actor, patient) else "",
        "can_apply": access.may_there(actor, patient, access.ADD),
        "apply": f"/consult/joint/new/?patient={patient.id}",
    }


def log_in_of(actor: Actor, patient: Any) -> dict[str, Any]:
    """Whether the patient has a log-in of their own; staff of the hospital give it and end it."""
    if not access.may_there(actor, patient, access.GUARDIANS):
        return {}
    give, end = (reverse(name, args=[patient.id]) for name in ("patient-log-in", "patient-log-in-end"))
    return {"give_log_in": give, "end_log_in": end, "own_log_in": bool(patient.own_accounts)}


def basis_of(actor: Actor, patient: Any) -> str:
    """Why the reader may see this page."""
    if patient.id in actor.patient_ids:
        return _("This is your record, or that of somebody you stand for.")
    if access.is_home(actor, patient):
        return _("You may see this record because the patient is treated at your hospital. This opening was noted, "
                 "and the patient can see it.")  # fmt: skip
    if find_further(actor, patient, at=clock.now()):
        return _(
            "You opened this record in an emergency. The patient has been told, and each page you read is reviewed."
        )
    return _("You may see this record because the patient consented. This opening was noted, and the patient can "
             "see it.")  # fmt: skip


def consents_of(actor: Actor, patient: Any, at: Any) -> list[dict[str, Any]]:
    """The consents, for the patient's own people; each in force with the address that withdraws it."""
    if not access.is_home(actor, patient, READ_CONSENTS):
        return []
    rows = [shown.consent(one, at) for one in list_consents_of(patient.person_ids)]
    return [{**row, "withdraw": reverse("patient-consent-withdraw", args=[row["id"]])} for row in rows]


def corrections_of(patient: Any, *, open_numbers: bool = False) -> list[dict[str, Any]]:
    """What was corrected: which field, what stood there and what stands there, by whom, when and why."""
    return [
        {
            "field": PatientForm.base_fields[row.field].label,
            "before": value_of(row.field, row.before, open_numbers) or _("nothing"),
            "after": value_of(row.field, row.after, open_numbers) or _("nothing"),
            "who": row.actor.name if row.actor else _("the system"),
            "at": row.at,
            "reason": row.reason,
        }
        for row in queries.list_corrections(patient.person_ids)
    ]


def value_of(field: str, value: str, open_numbers: bool) -> str:
    """A kept value as the page shows it; numbers masked, unless the whole ones were asked for."""
    if field in ("sex", "identity_kind"):
        return str(dict(queries.SEXES + queries.IDENTITY_KINDS).get(value, value))
    if field == "birth_on":
        return shown.day(date.fromisoformat(value)) if value else ""
    if field == "identity_number":
        return value if open_numbers else rules.mask_number(value)
    if field == "phone" and value:
        return value.removeprefix("+86") if open_numbers else rules.mask_phone(value)
    return value
