"""What a report's code stands for: open to anybody who holds the paper, and silent about the patient."""

from dataclasses import asdict
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from huizhen.api.answers import answer
from huizhen.api.authentication import limit_address
from huizhen.api.operations import reads
from huizhen.api.schemas import Line, Moment, Out
from huizhen.consult.joint.verification.queries import LOOKS, Paper, Version, find_paper
from huizhen.consult.referrals.verification import find_letter
from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible

router = Router()


class SignedVersionOut(Out):
    """A signed version: its number, when it was signed, and the SHA-256 of its file (hex)."""

    number: int
    signed_at: Moment
    digest: str


class SignerOut(Out):
    """Who signed."""

    name: str
    title: str
    hospital: str


class PaperOut(Out):
    """A signed report, or the letter of a referral (`kind`), which may have been withdrawn since.

    `newer`: the version that replaced it. `problem`: empty where the signature is valid.

    `copied`: what the file with the `digest` you sent is; null where you sent none.
    """

    code: str
    case_number: str
    centre: str
    version: SignedVersionOut
    newer: SignedVersionOut | None
    corrects: int | None
    signers: list[SignerOut]
    problem: str
    certified_by: str
    timestamped: bool
    kind: Literal["report", "letter"]
    withdrawn: bool
    copied: Literal["same", "other_version", "different"] | None


@reads(router, "/verify/{str:code}", PaperOut, anybody=True)
def verify_report(
    request: HttpRequest, code: str, digest: Line = Query(default="", description="SHA-256 of your copy, hex.")  # noqa: B008 - ninja's way
) -> HttpResponse:  # fmt: skip
    """Verify a signed report by the code printed on it. Needs no log-in."""
    limit_address(request, LOOKS)
    paper = find_paper(code, at=clock.now()) or find_letter(code, at=clock.now())
    if paper is None:
        raise NotVisible(code[:20])
    return answer(_show(paper, digest), Cache_Control="no-store")


def _show(paper: Paper, digest: str) -> dict[str, Any]:
    return {
        "code": paper.code, "case_number": paper.case_number, "centre": paper.centre,
        "version": _version(paper.version), "newer": _version(paper.newer), "corrects": paper.corrects,
        "signers": [dict(zip(SignerOut.model_fields, signer, strict=True)) for signer in paper.signers],
        "problem": paper.problem, "certified_by": paper.certified_by, "timestamped": paper.timestamped,
        "kind": paper.kind, "withdrawn": paper.withdrawn,
        "copied": str(paper.compare_digest(digest.lower())) if digest else None,
    }  # fmt: skip


def _version(version: Version | None) -> dict[str, Any] | None:
    return asdict(version) if version else None
