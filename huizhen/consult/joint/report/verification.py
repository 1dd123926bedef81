"""Is this paper what was signed? A plain answer for each signature of a PDF and for each signed statement."""

import asyncio
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SignedDataCerts
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms, extract_certs_for_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.status import (
    PdfSignatureStatus,
    SignatureCoverageLevel,
    StandardCMSSignatureStatus,
    TimestampSignatureStatus,
)

from huizhen.consult.joint.report.certificates import check_certificate, make_context


class Problem(StrEnum):
    """What is wrong, the gravest first; each has one sentence on the page that shows it."""

    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"
    TAMPERED = "tampered"
    CHANGED_AFTER = "changed_after"
    REVOKED = "revoked"
    UNTRUSTED = "untrusted"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Finding:
    """One signature. `intact`: the signed bytes are as signed. `trusted`: `root` answers for the signer at the time
    of the check. `good_when_signed`: it did at `signed_at`, which a `timestamped` signature proves and another claims.
    """

    field: str
    intact: bool
    covers_whole: bool
    trusted: bool
    good_when_signed: bool
    timestamped: bool
    signer: str = ""
    organisation: str = ""
    root: str = ""
    serial: str = ""
    signed_at: datetime | None = None
    problem: Problem | None = None

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong; an expired certificate is no fault of a signature with a proven time."""
        return self.problem is None


@dataclass(frozen=True)
class Verdict:
    """The answer for a whole PDF: the first grave problem, or None when every signature is valid."""

    findings: tuple[Finding, ...]
    problem: Problem | None


@dataclass(frozen=True)
class Trust:
    """Whom to believe: roots and revocation lists (DER), and the moment of the check."""

    roots: Sequence[bytes]
    at: datetime
    crls: Sequence[bytes] = ()


def verify_pdf(pdf: bytes, *, roots: Sequence[bytes], at: datetime, crls: Sequence[bytes] = ()) -> Verdict:
    """Check every signature of a PDF at the moment `at`. A damaged or foreign file gets a verdict, never an error."""
    trust = Trust(roots, at, crls)
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        findings = tuple(_check_embedded(one, trust) for one in signatures)
    except Exception:  # noqa: BLE001  hostile bytes may break a parser anywhere, and all of it means the same
        return Verdict((), Problem.UNREADABLE)
    if not findings:
        return Verdict((), Problem.UNSIGNED)
    problem = _gravest(one.problem for one in findings)
    # Bytes after the last signature belong to nobody.
    if problem is None and not any(one.covers_whole for one in findings):
        problem = Problem.CHANGED_AFTER
    return Verdict(findings, problem)


def verify_statement(
    statement: bytes, signature: bytes, *, roots: Sequence[bytes], at: datetime, crls: Sequence[bytes] = ()
) -> Finding:
    """Check a detached CMS signature over an opinion's statement at the moment `at`."""
    trust = Trust(roots, at, crls)
    try:
        signed = cms.ContentInfo.load(signature, strict=True)["content"]
        status = asyncio.run(async_validate_detached_cms(statement, signed, make_context(roots, at=at, crls=crls)))
        certificates = extract_certs_for_validation(signed)
    except Exception:  # noqa: BLE001  hostile bytes may break a parser anywhere, and all of it means the same
        return Finding("", False, False, False, False, False, problem=Problem.UNREADABLE)
    sound = status.intact and status.valid
    return _describe("", status, certificates, trust, intact=sound, covers_whole=sound, changed=False)


def _check_embedded(signature: EmbeddedPdfSignature, trust: Trust) -> Finding:
    context = make_context(trust.roots, at=trust.at, crls=trust.crls)
    status = asyncio.run(async_validate_pdf_signature(signature, context))
    coverage = status.coverage or SignatureCoverageLevel.UNCLEAR
    sound = status.intact and status.valid and coverage.value >= SignatureCoverageLevel.ENTIRE_REVISION.value
    return _describe(
        signature.field_name or "",
        status,
        extract_certs_for_validation(signature.signed_data),
        trust,
        intact=sound,
        covers_whole=coverage is SignatureCoverageLevel.ENTIRE_FILE,
        changed=not _only_signed_further(status),
    )


def _only_signed_further(status: PdfSignatureStatus) -> bool:
    """Later signatures may follow a signature; changes to what is read on the pages may not."""
    level = status.modification_level
    return bool(status.docmdp_ok) and level is not None and level.value <= ModificationLevel.FORM_FILLING.value


def _describe(
    field: str,
    status: StandardCMSSignatureStatus,
    certificates: SignedDataCerts,
    trust: Trust,
    *,
    intact: bool,
    covers_whole: bool,
    changed: bool,
) -> Finding:
    signer = certificates.signer_cert
    chain = tuple(one.dump() for one in certificates.other_certs)
    proven = _proven_time(status.timestamp_validity)
    signed_at = proven or status.signer_reported_dt

    def check(moment: datetime) -> str:
        return check_certificate(signer.dump(), chain=chain, roots=trust.roots, at=moment, crls=trust.crls)

    now = check(trust.at)
    then = check(signed_at) if signed_at else now
    problem = _judge(now, then, intact=intact, changed=changed, proven=proven is not None)
    names = signer.subject.native
    return Finding(
        field=field,
        intact=intact,
        covers_whole=covers_whole,
        trusted=now == "",
        good_when_signed=then == "",
        timestamped=proven is not None,
        signer=str(names.get("common_name", "")),
        organisation=str(names.get("organization_name", "")),
        root=_root(status),
        serial=f"{signer.serial_number:08X}"[-8:],
        signed_at=signed_at,
        problem=problem,
    )


def _judge(now: str, then: str, *, intact: bool, changed: bool, proven: bool) -> Problem | None:
    if not intact:
        return Problem.TAMPERED
    if changed:
        return Problem.CHANGED_AFTER
    if now == "expired" and then == "" and proven:
        return None
    # A claimed time after the certificate's end is as bad as before its start: say what is wrong today first.
    code = now or then
    return Problem(code) if code else None


def _proven_time(stamp: TimestampSignatureStatus | None) -> datetime | None:
    if stamp is None or not (stamp.intact and stamp.valid and stamp.trusted):
        return None
    return stamp.timestamp


def _root(status: StandardCMSSignatureStatus) -> str:
    if status.validation_path is None:
        return ""
    first = next(iter(status.validation_path.iter_certs(include_root=True)), None)
    return str(first.subject.native.get("common_name", "")) if first else ""


def _gravest(problems: Iterable[Problem | None]) -> Problem | None:
    order = list(Problem)
    return min((one for one in problems if one), key=order.index, default=None)
