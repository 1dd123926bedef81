"""What a face needs of one consultation in one statement: case, application, patient, and as what the actor takes part.

`access_joint` loads the whole object for actions and pages; this is the same decision over one row.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from huizhen.consult.joint.flow import DISCUSS, JOINT, PANEL, SEE, TEAM
from huizhen.consult.joint.queries import BY_FAMILY, has_signed
from huizhen.consult.joint.rules import is_patients_eye, needs_consent
from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, may_on_case
from huizhen.kernel.crypto.sealed import SealedText
from huizhen.kernel.flow.language import SYSTEM_ONLY, Move
from huizhen.kernel.line import ask
from huizhen.records.consent.models import What
from huizhen.records.consent.queries import is_agreed
from huizhen.records.patients.naming import may_name
from huizhen.records.patients.rules import mask_name

ROW = f"""
SELECT c.id, c.number, c.state, c.urgency, c.organisation_id, c.team_organisation_id, c.team, c.owner_id, owner.name,
       c.opened_at, c.state_since, c.due_at, c.late_since, c.closed_at, c.version,
       a.id, a.purpose, a.question, a.summary, a.wants_meeting, a.missing::text, a.missing_note,
       a.specialty_id, specialty.name, specialty.name_en, a.applicant_id, applicant.name,
       a.patient_id, patient.name, patient.sex, patient.birth_on,
       ARRAY(SELECT p.capacity FROM kernel_participant p
              WHERE p.case_id = c.id AND p.account_id = %s AND p.until IS NULL),
       ARRAY(SELECT m.document_id FROM consult_material m
              WHERE m.application_id = a.id AND m.document_id IS NOT NULL ORDER BY m.id),
       ARRAY(SELECT m.study_id FROM consult_material m
              WHERE m.application_id = a.id AND m.study_id IS NOT NULL ORDER BY m.id),
       {BY_FAMILY.format(a="a")}
  FROM kernel_case c
  JOIN consult_application a ON a.case_id = c.id
  JOIN people_specialty specialty ON specialty.code = a.specialty_id
  JOIN people_account applicant ON applicant.id = a.applicant_id
  JOIN records_patient patient ON patient.id = a.patient_id
  LEFT JOIN people_account owner ON owner.id = c.owner_id
"""  # noqa: S608 - put together of constants only: this text and `BY_FAMILY`
# Said so that a prepared statement keeps its plan: for `= ANY(%s)` the database looks at the list and plans anew each
# time, which takes ten times as long as the reading.
ONE, SEVERAL = ROW + " WHERE c.id = %s", ROW + " WHERE c.id = ANY(ARRAY(SELECT unnest(%s::uuid[])))"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One row of `ROW`, in its order, and who looks at it. Sealed values open when asked."""

    id: UUID
    number: str
    state: str
    urgency: str
    organisation_id: UUID
    team_organisation_id: UUID | None
    team: str
    owner_id: UUID | None
    owner_name: str | None
    opened_at: datetime
    state_since: datetime
    due_at: datetime | None
    late_since: datetime | None
    closed_at: datetime | None
    version: int
    application_id: UUID
    purpose: str
    sealed_question: bytes
    sealed_summary: bytes
    wants_meeting: bool
    missing_codes: str
    sealed_note: bytes
    specialty: str
    specialty_name: str
    specialty_name_en: str
    applicant_id: UUID
    applicant_name: str
    patient_id: UUID
    sealed_patient_name: bytes
    patient_sex: str
    patient_birth_on: date
    capacities: list[str]
    document_ids: list[UUID]
    study_ids: list[UUID]
    by_family: bool
    actor: Actor

    @property
    def is_asked_open(self) -> bool:
        """Whether question, summary and conversation are open to the actor, as `Seen.is_asked_open`."""
        if not needs_consent(self.capacities, self.audience) or has_signed(self.application_id, self.actor.account_id):
            return True
        return is_agreed(self.id, What.SUMMARY, at=clock.now())

    @property
    def is_report_open(self) -> bool:
        """Whether signed reports and the questions about them are, as `Seen.is_report_open`."""
        return set(self.capacities) != {"invitee"} and self.is_asked_open

    @property
    def question(self) -> str:
        """What is asked. For who may read it: `is_asked_open`."""
        return self._open(self.sealed_question, "question")

    @property
    def summary(self) -> str:
        """The illness in short. For who may read it: `is_asked_open`."""
        return self._open(self.sealed_summary, "summary")

    @property
    def missing(self) -> list[str]:
        """Codes of what is missing."""
        found: list[str] = json.loads(self.missing_codes)
        return found

    @property
    def missing_note(self) -> str:
        """The coordinator's words about what is missing."""
        return self._open(self.sealed_note, "missing_note", blank=True)

    @property
    def patient_name(self) -> str:
        """Who it is about."""
        return str(SealedText(bytes(self.sealed_patient_name), "records_patient.name").open(self.patient_id))

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(JOINT.state(self.state).label)

    @property
    def audience(self) -> str:
        """Which lines of the time line the actor may see: `patient`, `staff` or `team`."""
        if any(m.organisation_id == self.team_organisation_id and m.role in TEAM for m in self.actor.memberships):
            return "team"
        own = self.patient_id in self.actor.patient_ids
        return "patient" if is_patients_eye(self.capacities, own=own, by_family=self.by_family) else "staff"

    @property
    def hears(self) -> str:
        """The same of the conversation, where the experts' discussion (`panel`) is a circle of its own."""
        return "panel" if self.audience == "staff" and PANEL & set(self.capacities) else self.audience

    @property
    def shown_name(self) -> str:
        """The patient's name, or of it what an expert of another hospital may know."""
        if "applicant" in self.capacities or may_name(self.actor, self, at=clock.now()):
            return self.patient_name
        return mask_name(self.patient_name)

    def may(self, permission: str) -> bool:
        """Whether the actor holds this permission on the case, as `Seen.may`."""
        held = may_on_case(self.actor, permission, self, self.capacities)
        return held and (permission != DISCUSS or self.is_asked_open)

    def moves(self) -> list[Move]:
        """The moves that the actor may make now, guards not asked."""
        return [move for move in JOINT.moves_from(self.state) if move.may != SYSTEM_ONLY and self.may(move.may)]

    def _open(self, sealed: Any, column: str, *, blank: bool = False) -> str:
        opened = SealedText(bytes(sealed), f"consult_application.{column}", blank=blank).open(self.application_id)
        return str(opened)


def access_sheet(actor: Actor, case_id: UUID, *, to: str = "") -> Sheet:
    """The consultation, for reading or, where `to` names a permission, for doing that. The read is audited.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but this may not be done.
    """
    rows = ask(ONE, [actor.account_id, case_id])
    sheet = Sheet(*[*rows[0], actor]) if rows else None
    if sheet is None or not sheet.may(SEE):
        raise NotVisible(case_id)
    if to and not sheet.may(to):
        raise NotAllowed(to)
    audit.record(
        actor, "consult.joint.read", subject_kind="consult.joint", subject_id=sheet.application_id,
        patient_id=sheet.patient_id, case_id=case_id, organisation_id=sheet.organisation_id,
    )  # fmt: skip
    return sheet


def list_sheets(actor: Actor, case_ids: list[UUID]) -> list[Sheet]:
    """The rows of a worklist, in the order given. Who may see them was decided by the list; nothing is opened."""
    found = {row[0]: Sheet(*[*row, actor]) for row in ask(SEVERAL, [actor.account_id, case_ids])}
    return [found[key] for key in case_ids if key in found]
