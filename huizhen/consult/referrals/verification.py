"""What anybody may know of a letter by its code: who signed it, when, and whether it still counts."""

from datetime import datetime

from huizhen.consult.joint.report.codes import read_code
from huizhen.consult.joint.verification.queries import Paper, Version, check_file, list_signers
from huizhen.consult.referrals.models import Referral
from huizhen.people.organisations.queries import get_full_name, hospital_of

OVER = ("withdrawn", "refused")


def find_letter(text: str, *, at: datetime) -> Paper | None:
    """The signed letter of a code as somebody typed it; nothing for a code that is unknown, unsigned or no code."""
    code = read_code(text)
    found = Referral.objects.select_related("case", "file").filter(code=code, signed_at__isnull=False) if code else None
    referral = found.first() if found is not None else None
    if referral is None or referral.signed_at is None:
        return None
    home = hospital_of(referral.case.organisation_id) or referral.case.organisation_id
    return Paper(
        code=code, case_number=referral.case.number, centre=get_full_name(home),
        version=Version(1, referral.signed_at, referral.digest), signers=list_signers([referral.doctor_id]), newer=None,
        corrects=None, others=(), kind="letter", withdrawn=referral.case.state in OVER,
        **check_file(referral.file, at=at),
    )  # fmt: skip
