"""What consultations give to the copy of a record: the question as a request, and the signed reports."""

from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.flow import READ, SEE
from huizhen.consult.joint.models import Application, Report
from huizhen.consult.joint.queries import get_application, list_signed_reports
from huizhen.kernel.flow.language import FLOWS
from huizhen.kernel.flow.models import Case
from huizhen.kernel.flow.queries import Filters, get_capacities, list_worklist
from huizhen.records.fhir import codes, shapes
from huizhen.records.fhir.shapes import Resource
from huizhen.records.fhir.writer import Writer, add_source

KIND = "consult.joint"
PAGE = 100
PRIORITIES = {"urgent": "urgent"}


def install() -> None:
    """Step into every copy from here on; called once by `config.wiring`."""
    add_source(KIND, write)


def write(writer: Writer) -> None:
    """The consultations the actor oversees or takes part in; question and reports for who may read the material."""
    cases = list_cases(writer)
    capacities = get_capacities([case.id for case in cases], writer.actor.account_id)
    for case in cases:
        application = get_application(case.id)
        seen = Seen(application, frozenset(capacities.get(case.id, ())), writer.actor)
        if not seen.may(SEE):
            continue
        reads = seen.may(READ) and seen.is_report_open
        writer.add("ServiceRequest", case.id, request(writer, application, reads=reads))
        reports = list_signed_reports(application.id) if reads else []
        for newer, report in zip([None, *reports], reports, strict=False):
            writer.add("DocumentReference", report.id, paper(writer, application, report, newer))


def list_cases(writer: Writer) -> list[Case]:
    """Every consultation of the person that the actor finds on a list of cases, all pages."""
    found: dict[object, Case] = {}
    for scope in ("organisation", "part") if writer.actor.memberships else ("part",):
        for closed in (False, True):
            wanted, after = Filters(kinds=(KIND,), patient_ids=writer.patient.person_ids, closed=closed), ""
            while True:
                page = list_worklist(writer.actor, scope, wanted, after=after, limit=PAGE)
                found |= {case.id: case for case in page.cases}
                after = page.after
                if not after:
                    break
    return sorted(found.values(), key=lambda case: (case.opened_at, case.id))


def request(writer: Writer, application: Application, *, reads: bool) -> Resource:
    """The consultation as the request it is: who asked whom, what, and whether it is answered."""
    case = application.case
    materials = [one.document_id or one.study_id for one in application.materials.all()] if reads else []
    experts = [one.expert for one in application.invitations.all() if one.state == "accepted"]
    return {
        "identifier": [{"system": codes.CASE_NUMBER, "value": case.number}],
        "status": "active" if case.closed_at is None else "completed" if case.state == "closed" else "revoked",
        "intent": "order",
        "priority": PRIORITIES.get(case.urgency, "routine"),
        "code": {"text": str(FLOWS[case.kind].label)},
        "subject": writer.subject,
        "authoredOn": shapes.moment(case.opened_at),
        "requester": writer.practitioner(application.applicant),
        **({"performer": [writer.practitioner(one) for one in experts]} if experts else {}),
        **({"reasonCode": [{"text": application.question}]} if reads else {}),
        **({"note": [{"text": application.summary}]} if reads and application.summary else {}),
        **({"supportingInfo": [{"reference": shapes.url_of(one)} for one in materials if one]} if materials else {}),
    }


def paper(writer: Writer, application: Application, report: Report, newer: Report | None) -> Resource:
    """A signed report. An older version says that it was superseded, a newer one what it replaces."""
    title = f"{FLOWS[KIND].label} {application.case.number}"
    kind = shapes.coded(codes.LOINC, codes.CONSULT_NOTE, text=str(FLOWS[KIND].label))
    older = list(application.reports.filter(version=report.version - 1)) if report.version > 1 else []
    signer = {"authenticator": writer.practitioner(report.approved_by)} if report.approved_by else {}
    replaces = [{"code": "replaces", "target": {"reference": shapes.url_of(one.id)}} for one in older]
    assert report.file is not None, "a signed report has its file"  # noqa: S101 - held by a constraint of the table
    return {
        "status": "current" if newer is None else "superseded",
        "docStatus": "final" if report.version == 1 else "amended",
        "type": kind,
        "subject": writer.subject,
        **({"date": shapes.moment(report.signed_at)} if report.signed_at else {}),
        **({"author": [signer["authenticator"]]} if signer else {}),
        **signer,
        **({"relatesTo": replaces} if replaces else {}),
        "description": title,
        "content": [{"attachment": writer.attachment(report.file, title)}],
        "context": {"related": [{"reference": shapes.url_of(application.case_id)}]},
    }
