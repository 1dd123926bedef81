"""What anybody may know of a report by its code: versions, signers, times, digests. Never anything about health."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huizhen.consult.joint.models import Report
from huizhen.consult.joint.queries import list_cosigners
from huizhen.consult.joint.report import press
from huizhen.consult.joint.report.codes import read_code
from huizhen.consult.joint.verification.rules import Copy, compare, digest_of
from huizhen.kernel import files
from huizhen.kernel.limits import Limit
from huizhen.people.credentials.cards import get_cards
from huizhen.people.organisations.queries import get_full_name

CHUNK = 1 << 16
# Codes are too long to be guessed; this keeps somebody who tries from being a burden.
LOOKS = Limit("verify report", account=0, address=30, seconds=60)


@dataclass(frozen=True)
class Version:
    """One signed version: its number, when it was signed, and the SHA-256 of its file (hex)."""

    number: int
    signed_at: datetime
    digest: str


@dataclass(frozen=True)
class Paper:
    """A signed report as the public page shows it. `signers`: name, title and hospital, the chair first.

    `newer`: the latest version, where it is a later one. `problem`: what is wrong with the stored file's
    signature, a code of `report.verification.Problem`, or empty. `kind`: `report`, or `letter` of a referral, which may
    have been `withdrawn` since.
    """

    code: str
    case_number: str
    centre: str
    version: Version
    signers: tuple[tuple[str, str, str], ...]
    newer: Version | None
    corrects: int | None
    others: tuple[Version, ...]
    problem: str
    certified_by: str
    timestamped: bool
    kind: str = "report"
    withdrawn: bool = False

    def compare(self, chunks: Iterator[bytes]) -> Copy:
        """What a copy of the file is."""
        return self.compare_digest(digest_of(chunks))

    def compare_digest(self, digest: str) -> Copy:
        """What a copy with this SHA-256 (hex) is."""
        return compare(digest, own=self.version.digest, others=[one.digest for one in self.others])


def find_paper(text: str, *, at: datetime) -> Paper | None:
    """The signed report of a code as somebody typed it; nothing for a code that is unknown, unsigned or no code."""
    code = read_code(text)
    rows = Report.objects.select_related("application__case", "file")
    report = rows.filter(code=code, signed_at__isnull=False).first() if code else None
    if report is None:
        return None
    siblings = Report.objects.filter(application=report.application, signed_at__isnull=False).select_related("file")
    versions = {one.id: _version(one) for one in siblings.order_by("version")}
    latest, own = list(versions.values())[-1], versions[report.id]
    case = report.application.case
    finding = check_file(report.file, at=at)
    return Paper(
        code=code, case_number=case.number, version=own, signers=_signers(report),
        centre=get_full_name(case.team_organisation_id) if case.team_organisation_id else "",
        newer=latest if latest.number > own.number else None,
        corrects=max((one.number for one in versions.values() if one.number < own.number), default=None),
        others=tuple(one for key, one in versions.items() if key != report.id), **finding,
    )  # fmt: skip


def get_digest(report: Report) -> str:
    """SHA-256 of a signed version's file; of versions older than the column it is counted anew."""
    return report.digest or digest_of(_read(report.file))


def _version(report: Report) -> Version:
    assert report.signed_at is not None, "only signed versions are shown"  # noqa: S101
    return Version(report.version, report.signed_at, get_digest(report))


def _signers(report: Report) -> tuple[tuple[str, str, str], ...]:
    return list_signers([key for key in (report.approved_by_id, *list_cosigners(report.id)) if key])


def list_signers(keys: list[Any]) -> tuple[tuple[str, str, str], ...]:
    """Name, title and hospital of the accounts that signed, in this order."""
    cards = get_cards(keys)
    return tuple((cards[key].name, str(cards[key].title), cards[key].hospital) for key in keys if key in cards)


def check_file(file: Any, *, at: datetime) -> dict[str, Any]:
    """What is wrong with a stored file's signature, who certified it, and whether its time is proven."""
    verdict = press.verify_report(b"".join(_read(file)), at=at)
    first = verdict.findings[0] if verdict.findings else None
    return {
        "problem": str(verdict.problem or ""),
        "certified_by": first.root if first else "",
        "timestamped": bool(first and first.timestamped),
    }


def _read(file: Any) -> Iterator[bytes]:
    if file is None:
        return
    with closing(files.open_file(file)) as reader:
        while chunk := reader.read(CHUNK):
            yield chunk
