"""A report on paper with a code that proves it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from huizhen.kernel import audit, ids
from huizhen.kernel.access import Actor
from huizhen.lab.catalogue.queries import load_catalogue
from huizhen.lab.paper import draw_qr, typeset
from huizhen.lab.refused import Refused
from huizhen.lab.results import queries, sheet
from huizhen.lab.results.models import Finding, Paper
from huizhen.lab.specimens.models import Tube
from huizhen.records.patients.models import Patient

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another


@dataclass(frozen=True)
class Printed:
    """A report and its bytes."""

    paper: Paper
    pdf: bytes


def print_report(tube: Tube, patient: Patient, *, language: str, actor: Actor, at: datetime) -> Printed:
    """Set the report of one person's results of a tube, as they stand now.

    Raises:
        Refused: `report`: `nothing_released`, `withdrawn` where nothing of it stands any more.
    """
    rows = queries.list_printable(tube.id, patient.id)
    if not rows or not tube.persons.filter(patient=patient).exists():
        raise Refused({"report": "nothing_released"})
    if all(row.finding == Finding.WITHDRAWN for row in rows):
        raise Refused({"report": "withdrawn"})
    code = make_code()
    address = f"{settings.PUBLIC_URL}/lab/verify/{code}/"
    data = sheet.lay_out(
        tube, patient, rows, load_catalogue(), code=code, address=address, language=language, at=at
    )  # fmt: skip
    pdf = typeset("report.typ", data, {"qr.svg": draw_qr(address)}, at=at)
    with transaction.atomic():
        paper = Paper.objects.create(
            id=ids.new_id(), code=code, tube=tube, patient=patient, contents=[row.id for row in rows],
            digest=hashlib.sha256(pdf).digest(), at=at, by_id=actor.account_id,
        )  # fmt: skip
        audit.record(
            actor, "lab.report.printed", subject_kind="report", subject_id=paper.id, patient_id=patient.id,
            organisation_id=tube.laboratory_id, at=at,
        )  # fmt: skip
    return Printed(paper, pdf)


def make_code() -> str:
    """Twelve letters in three groups: 59 bits, so that nobody finds one by trying."""
    drawn = "".join(secrets.choice(LETTERS) for _place in range(12))
    return "-".join((drawn[:4], drawn[4:8], drawn[8:]))
