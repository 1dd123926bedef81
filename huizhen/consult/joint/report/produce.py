"""One call from content to a signed report, and from an opinion to its signature."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from huizhen.consult.joint.report.content import OpinionText, Person, ReportContent
from huizhen.consult.joint.report.ports import Appearance, Signer, SignerIdentity
from huizhen.consult.joint.report.rules import check_report
from huizhen.consult.joint.report.statements import check_statement, write_statement
from huizhen.consult.joint.report.typeset import typeset, typeset_face


@dataclass(frozen=True)
class SignedReport:
    """The finished file, its SHA-256 (hex; what a correction names) and its number of pages."""

    pdf: bytes
    digest: str
    pages: int


def to_identity(person: Person) -> SignerIdentity:
    """Return a doctor as the signer sees one."""
    return SignerIdentity(person.key, person.name, person.hospital)


def sign_opinion(opinion: OpinionText, *, case_number: str, signer: Signer) -> OpinionText:
    """Return the opinion with its canonical statement and its author's signature, given at `opinion.signed_at`.

    Raises:
        SigningRefused: the expert has no usable certificate.
    """
    statement = write_statement(opinion, case_number=case_number)
    signature = signer.sign_statement(statement, identity=to_identity(opinion.expert), at=opinion.signed_at)
    return replace(opinion, statement=statement, signature=signature)


def preview_report(content: ReportContent, *, language: str, at: datetime) -> bytes:
    """Return the report as the chair will sign it; the place of the signature says that it is not signed yet.

    Raises:
        NotReady, StatementDiffers, BadPicture: as in `sign_report`.
    """
    _check(content)
    return typeset(content, language=language, at=at, preview=True).pdf


def sign_report(
    content: ReportContent, *, signer: Signer, language: str, at: datetime, reason: str = ""
) -> SignedReport:
    """Check, typeset and sign a report as its chair at `at`; co-signers' signatures follow in updates of the file.

    Raises:
        NotReady: a dissent is missing, nothing is concluded, a correction has no reason.
        StatementDiffers: an opinion's signature was given for other words.
        BadPicture: a key image cannot be read.
        SigningRefused: the chair has no usable certificate, or no time stamp is to be had.
    """
    _check(content)
    content = replace(content, demonstration=content.demonstration or signer.demonstration)
    sheet = typeset(content, language=language, at=at)
    chair = to_identity(content.chair)
    face = typeset_face(
        name=content.chair.name,
        about=" · ".join(part for part in (content.chair.title, content.chair.hospital) if part),
        at=at,
        serial=signer.get_serial(chair, at=at),
        demonstration=signer.demonstration,
        language=language,
    )
    place = sheet.place
    appearance = Appearance(place.page, (place.left, place.bottom, place.right, place.top), face)
    why = reason or content.case_number
    signed = signer.sign(sheet.pdf, identity=chair, reason=why, at=at, appearance=appearance)
    for number, person in enumerate(content.cosigners, 1):
        signed = signer.sign(signed, identity=to_identity(person), reason=why, at=at, field=f"Cosigner{number}")
    return SignedReport(signed, hashlib.sha256(signed).hexdigest(), sheet.pages)


def _check(content: ReportContent) -> None:
    check_report(content)
    for opinion in content.opinions:
        check_statement(opinion, case_number=content.case_number)
