"""The first step: find a patient of one's hospital, register a new one, or, as a patient, choose for whom."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from huizhen.console.candidates import tell_apart
from huizhen.console.consult.joint import show
from huizhen.console.consult.joint.material import keys
from huizhen.console.consult.joint.new_forms import NewPatient
from huizhen.console.consult.joint.steps import Draft
from huizhen.console.refusals import put_into
from huizhen.consult.joint.flow import APPLY
from huizhen.kernel.access import Actor, NotAllowed, grants
from huizhen.people.accounts.rules import BadPhone, read_phone
from huizhen.records.patients.access import access_patient, list_patients
from huizhen.records.patients.actions import register_patient
from huizhen.records.patients.rules import BadIdentity, plain_number, read_resident_number
from huizhen.records.refused import Refused


class Step:
    """One request of the first step."""

    def __init__(self, actor: Actor, sent: QueryDict, draft: Draft) -> None:
        self.actor, self.sent, self.draft = actor, sent, draft
        self.own = bool(actor.patient_ids)
        self.status = 200
        registers = bool(sent) and sent.get("act") != "find" and not sent.get("patient")
        self.form = NewPatient(sent if registers and (sent.get("name") or sent.get("identity_number")) else None)
        self.nobody = registers and not self.form.is_bound

    def choose(self, *, at: datetime) -> UUID | None:
        """The patient that was chosen or registered; nothing where something is missing.

        Raises:
            NotVisible: no patient of this actor.
        """
        chosen = keys([self.sent.get("patient", "")])
        if chosen:
            found: UUID = access_patient(self.actor, chosen[0]).id
            return found
        self.status = 422
        if not self.form.is_bound or not self.form.is_valid():
            return None
        try:
            return self._register(at)
        except Refused as error:
            put_into(self.form, error)
            return None

    def _register(self, at: datetime) -> UUID:
        places = [m.organisation_id for m in self.actor.memberships if m.role in grants[APPLY].roles]
        if not places:
            raise NotAllowed(APPLY)
        values = complete(self.form.cleaned_data)
        made: UUID = register_patient(organisation_id=places[0], **values, actor=self.actor, at=at).id
        return made

    def context(self) -> dict[str, Any]:
        """Who was found, and the form of a new patient; patients see themselves and whom they act for."""
        asked = self.sent.get("q", "").strip()
        chosen = self.sent.get("patient") or self.draft.content.get("patient_id", "")
        found = self._own() if self.own else find(self.actor, asked)
        if chosen and not found and not asked:
            found = [access_patient(self.actor, key) for key in keys([chosen])]
        rows = [
            {"id": str(one.id), "name": one.name, "line": f"{show.patient_line(one)} · {tell_apart(one)}"}
            for one in found
        ]
        return {
            "found": rows, "query": {"q": asked}, "chosen": chosen, "form": self.form, "own": self.own,
            "faults": [_("Choose a patient, or enter a new one.")] if self.nobody else [],
        }  # fmt: skip

    def _own(self) -> list[Any]:
        return [access_patient(self.actor, key) for key in sorted(self.actor.patient_ids)]


def find(actor: Actor, text: str) -> list[Any]:
    """Patients of the actor's hospital by whole name, phone or identity number."""
    if not text:
        return []
    compact = plain_number(text)
    if len(compact) >= 15 and compact[:-1].isdigit():
        return list_patients(actor, identity_number=compact)
    try:
        return list_patients(actor, phone=read_phone(text))
    except BadPhone:
        return list_patients(actor, name=text)


def complete(values: dict[str, Any]) -> dict[str, Any]:
    """Sex and birth date from the identity number, where they were left open."""
    found = dict(values)
    if found["identity_kind"] == "resident":
        try:
            read = read_resident_number(plain_number(found["identity_number"]))
        except BadIdentity:
            return {**found, "sex": found["sex"] or "unknown"}
        found["sex"] = found["sex"] or read.sex
        found["birth_on"] = found["birth_on"] or read.birth_on
    found["sex"] = found["sex"] or "unknown"
    return found
