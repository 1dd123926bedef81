"""Reads of joint consultations."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from huizhen.consult.joint.models import (
    Application,
    Cosignature,
    CosigningState,
    DeclineWhy,
    Draft,
    Invitation,
    InvitationState,
    Material,
    Opinion,
    Purpose,
    Report,
)
from huizhen.kernel.flow.models import Case, Participant
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.kernel.line import ask
from huizhen.kernel.statements import Source, gather, hold
from huizhen.people.accounts.models import Account
from huizhen.people.credentials.models import Specialty
from huizhen.records.patients.models import Patient

DECLINES = DeclineWhy.choices
PURPOSES = Purpose.choices  # what a form offers
SENT = "SELECT 1 FROM consult_application WHERE applicant_id = %s AND sent_key = %s"
LATEST = 100
# One consultation with all that hangs on it, in the order `get_with_participants` takes it apart.
ASKED = "SELECT id, case_id, patient_id, specialty_id, applicant_id FROM consult_application WHERE case_id = %s"
OF_IT, OF_CASE = "application_id = (SELECT id FROM asked)", "(SELECT case_id FROM asked)"
PEOPLE = f"""id IN (SELECT applicant_id FROM asked
               UNION SELECT owner_id FROM kernel_case WHERE id = {OF_CASE}
               UNION SELECT expert_id FROM consult_invitation WHERE {OF_IT}
               UNION SELECT expert_id FROM consult_opinion WHERE {OF_IT})"""  # noqa: S608 - constants of this file
REFERRED = "EXISTS (SELECT 1 FROM consult_referral r WHERE r.application_id = consult_application.id)"
# Who applied as the patient or for the patient agreed online; an account of patients never is a doctor's. They take
# part as that only, whatever becomes of them. `{a}`: what the statement calls the table of applications.
BY_FAMILY = """(EXISTS (SELECT 1 FROM records_consent g WHERE g.case_id = {a}.case_id
                         AND g.given_by_id = {a}.applicant_id AND g.evidence IN ('in_app', 'guardian'))
     OR EXISTS (SELECT 1 FROM people_account p WHERE p.id = {a}.applicant_id AND p.kind = 'patient'))"""
# Until when the patient agrees that those who take part read what is asked; nothing where no consent is given any more.
AGREED_UNTIL = """(SELECT max(g.until) FROM records_consent g WHERE g.case_id = consult_application.case_id
                    AND g.scope @> ARRAY['summary']::varchar[] AND g.withdrawn_at IS NULL)"""
IN_WORK = f"SELECT id FROM consult_report WHERE {OF_IT} AND signed_at IS NULL"  # noqa: S608 - as above
WHOLE = (
    Source(
        Application,
        "id = (SELECT id FROM asked)",
        (
            ("is_referred", REFERRED),
            ("is_by_family", BY_FAMILY.format(a="consult_application")),
            ("agreed_until", AGREED_UNTIL),
        ),
    ),
    Source(Case, f"id = {OF_CASE}"),
    Source(Patient, "id = (SELECT patient_id FROM asked)"),
    Source(Specialty, "code = (SELECT specialty_id FROM asked)"),
    Source(Account, PEOPLE),
    Source(Material, OF_IT),
    Source(Invitation, OF_IT),
    Source(Opinion, OF_IT),
    Source(Report, OF_IT),
    Source(Cosignature, f"report_id IN ({IN_WORK})"),
    Source(Participant, f"case_id = {OF_CASE} AND until IS NULL"),
)
LIVE = (InvitationState.QUEUED, InvitationState.INVITED, InvitationState.ACCEPTED)


def get_application(case_id: UUID) -> Application:
    """The application of a case with everything a page or a guard looks at, in one statement.

    Raises:
        Application.DoesNotExist.
    """
    return get_with_participants(case_id)[0]


def get_with_participants(case_id: UUID) -> tuple[Application, list[Participant]]:
    """The same, and who takes part in its case now.

    Raises:
        Application.DoesNotExist.
    """
    found, cases, patients, specialties, accounts, materials, invitations, opinions, reports, cosigned, participants = (
        gather(ASKED, WHOLE, [case_id])
    )
    if not found:
        raise Application.DoesNotExist(case_id)
    application, case = found[0], cases[0]
    people = {account.pk: account for account in accounts}
    application.case, application.patient, application.specialty = case, patients[0], specialties[0]
    application.applicant, case.owner = people[application.applicant_id], people.get(case.owner_id)
    for one in (*invitations, *opinions, *cosigned):
        one.expert = people[one.expert_id]
    children = {"materials": materials, "invitations": invitations, "opinions": opinions, "reports": reports}
    for name, rows in children.items():
        hold(application, name, sorted(rows, key=lambda row: row.id))
    for report in reports:
        if report.signed_at is None:
            hold(report, "cosignatures", sorted(cosigned, key=lambda row: row.id))
    return application, participants


def find_sent(applicant_id: UUID, sent_key: str) -> Application | None:
    """The application this applicant has sent under this key already."""
    if not ask(SENT, [applicant_id, sent_key]):
        return None
    return Application.objects.select_related("case").filter(applicant_id=applicant_id, sent_key=sent_key).first()


def list_drafts(account_id: UUID) -> list[Draft]:
    """Applications somebody has begun and not sent, the latest first."""
    return list(Draft.objects.filter(account_id=account_id).order_by("-updated_at"))


def get_draft(account_id: UUID, draft_id: UUID) -> Draft | None:
    """One's own draft."""
    return Draft.objects.filter(account_id=account_id, id=draft_id).first()


def list_invitations(application_id: UUID) -> list[Invitation]:
    """All invitations of an application, those in force first, in the order they were made."""
    return list(
        Invitation.objects.filter(application_id=application_id).select_related("expert").order_by("place", "id")
    )


@dataclass(frozen=True)
class Asked:
    """An invitation and until when it waits for its answer; None when it waits no more."""

    invitation: Invitation
    due_at: datetime | None


def get_asked(invitation_id: UUID) -> Asked:
    """One invitation, with its case."""
    found = Invitation.objects.select_related("application__case").get(id=invitation_id)
    return _with_dues([found])[0]


def list_asked(case_id: UUID) -> list[Asked]:
    """The invitations of a case that wait for an answer."""
    found = Invitation.objects.filter(application__case_id=case_id, state=InvitationState.INVITED)
    return _with_dues(list(found.select_related("application__case").order_by("id")))


def _with_dues(invitations: list[Invitation]) -> list[Asked]:
    running = list_deadlines(invitations[0].application.case_id) if invitations else []
    dues = {one.name: one.due_at for one in running}
    return [Asked(one, dues.get(f"invitation:{one.id}")) for one in invitations]


COUNTED = (InvitationState.INVITED, InvitationState.ACCEPTED)


def get_load(expert_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, tuple[int, int]]:
    """For each expert: consultations in work now, and what the week's limit counts: invitations accepted within the
    last seven days, and those that wait for an answer."""
    week = at - timedelta(days=7)
    rows = (
        Invitation.objects.filter(expert_id__in=list(expert_ids), state__in=COUNTED)
        .values("expert_id")
        .annotate(
            now=Count("id", filter=Q(state=InvitationState.ACCEPTED, application__case__closed_at__isnull=True)),
            week=Count("id", filter=Q(state=InvitationState.INVITED) | Q(answered_at__gte=week)),
        )
    )
    return {row["expert_id"]: (row["now"], row["week"]) for row in rows}


@dataclass(frozen=True)
class PanelCount:
    """How far a panel has come: experts who accepted, who are asked, who signed; the quorum, and whether one chairs."""

    accepted: int
    open: int
    signed: int
    quorum: int
    chaired: bool

    @property
    def ready(self) -> bool:
        """Whether the experts may begin."""
        return self.accepted >= self.quorum and self.chaired


def count_panels(case_ids: Iterable[UUID]) -> dict[UUID, PanelCount]:
    """How far the panels of these cases have come, with one query."""
    of = "invitations"
    rows = Application.objects.filter(case_id__in=list(case_ids)).annotate(
        accepted=Count(of, distinct=True, filter=Q(invitations__state=InvitationState.ACCEPTED)),
        open=Count(of, distinct=True, filter=Q(invitations__state__in=LIVE[:2])),
        chairs=Count(of, distinct=True, filter=Q(invitations__is_chair=True)),
        signed=Count(
            "opinions", distinct=True,
            filter=Q(opinions__signed_at__isnull=False, opinions__withdrawn_at__isnull=True),
        ),
    )  # fmt: skip
    return {
        case_id: PanelCount(accepted, still_open, signed, quorum, bool(chairs))
        for case_id, accepted, still_open, signed, quorum, chairs in rows.values_list(
            "case_id", "accepted", "open", "signed", "quorum", "chairs"
        )
    }


def get_opinion(application_id: UUID, expert_id: UUID) -> Opinion | None:
    """The expert's opinion that stands or is being written."""
    return Opinion.objects.filter(application_id=application_id, expert_id=expert_id, withdrawn_at__isnull=True).first()


def has_signed(application_id: UUID, expert_id: UUID | None) -> bool:
    """Whether an opinion signed by this expert stands."""
    return any(opinion.expert_id == expert_id for opinion in list_signed(application_id))


def list_signed(application_id: UUID) -> list[Opinion]:
    """The opinions that stand, in the order they were signed."""
    found = Opinion.objects.filter(application_id=application_id, signed_at__isnull=False, withdrawn_at__isnull=True)
    return list(found.select_related("expert").order_by("signed_at"))


def get_report_in_work(application_id: UUID) -> Report | None:
    """The report version that is not signed yet."""
    return Report.objects.filter(application_id=application_id, signed_at__isnull=True).first()


def is_waiting(report: Report) -> bool:
    """Whether somebody who co-signs this version has not answered yet."""
    return Cosignature.objects.filter(report=report, state=CosigningState.WAITING).exists()


def list_cosigners(report_id: UUID) -> list[UUID]:
    """Who has signed a version beside its chair, in the order of signing."""
    rows = Cosignature.objects.filter(report_id=report_id, state=CosigningState.SIGNED)
    return list(rows.order_by("answered_at", "id").values_list("expert_id", flat=True))


def list_cosignatures(application_id: UUID) -> list[Cosignature]:
    """Who co-signs the version in work, and who has answered."""
    rows = Cosignature.objects.filter(report__application_id=application_id, report__signed_at=None)
    return list(rows.select_related("expert").order_by("id"))


def get_report(application_id: UUID) -> Report | None:
    """The signed report in its latest version."""
    found = Report.objects.filter(application_id=application_id, signed_at__isnull=False)
    return found.select_related("file").order_by("-version").first()


def list_signed_reports(application_id: UUID) -> list[Report]:
    """The signed versions of the report, the latest first."""
    found = Report.objects.filter(application_id=application_id, signed_at__isnull=False)
    return list(found.select_related("file").order_by("-version"))


def get_signed_report(application_id: UUID, version: int) -> Report | None:
    """One signed version of the report."""
    found = Report.objects.filter(application_id=application_id, version=version, signed_at__isnull=False)
    return found.select_related("file").first()


def get_chair(case_id: UUID) -> Invitation | None:
    """Who chaired a consultation."""
    return Invitation.objects.filter(application__case_id=case_id, is_chair=True).first()


def list_chaired(account_ids: Iterable[UUID]) -> list[Invitation]:
    """The closed consultations that these experts chaired and whose report is signed, the latest first."""
    found = Invitation.objects.filter(
        expert_id__in=list(account_ids), is_chair=True, application__case__state="closed",
        application__reports__signed_at__isnull=False,
    ).select_related("application__case", "application__specialty", "expert")  # fmt: skip
    return list(found.distinct().order_by("-application__case__closed_at")[:LATEST])


def get_applications(cases: Iterable[Case]) -> dict[UUID, Application]:
    """For a worklist: applications by case, with what a row shows."""
    found = Application.objects.filter(case_id__in=[case.id for case in cases])
    return {application.case_id: application for application in found.select_related("patient", "specialty")}
