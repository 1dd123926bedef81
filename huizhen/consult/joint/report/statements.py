"""The exact bytes an expert signs: an opinion as canonical JSON, readable without this program in thirty years."""

import json
import unicodedata
from datetime import UTC

from huizhen.consult.joint.report.content import OpinionText

FORM = "huizhen.joint.opinion/1"


class StatementDiffers(ValueError):
    """The signed statement does not say what the opinion to be printed says; the message is the opinion's id."""


def write_statement(opinion: OpinionText, *, case_number: str) -> bytes:
    """Return an opinion as canonical JSON (RFC 8785 for texts: sorted keys, no spaces, UTF-8), normalised to NFC.

    It holds what the expert answers for. The chair's reading and printing details are not part of it.
    """
    fields = {
        "form": FORM,
        "case": case_number,
        "opinion": opinion.id,
        "expert": opinion.expert.key,
        "name": opinion.expert.name,
        "title": opinion.expert.title,
        "department": opinion.expert.department,
        "hospital": opinion.expert.hospital,
        "findings": opinion.findings,
        "assessment": opinion.assessment,
        "advice": opinion.advice,
        "stance": opinion.stance.value,
        "stance_reason": opinion.stance_reason,
        "signed_at": opinion.signed_at.astimezone(UTC).isoformat(timespec="milliseconds"),
    }
    normal = {key: unicodedata.normalize("NFC", value) for key, value in fields.items()}
    return json.dumps(normal, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def check_statement(opinion: OpinionText, *, case_number: str) -> None:
    """Refuse to print an opinion under a signature that was given for other words.

    Raises:
        StatementDiffers: the opinion carries a statement and it is not this opinion's.
    """
    if opinion.statement and opinion.statement != write_statement(opinion, case_number=case_number):
        raise StatementDiffers(opinion.id)
