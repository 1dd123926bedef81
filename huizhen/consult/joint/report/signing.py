"""Electronic signatures: PAdES in the PDF (B-B, or B-T with a time stamp), CAdES detached over a statement."""

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer, select_suitable_signing_md
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.stamp import StaticStampStyle

from huizhen.consult.joint.report.certificates import check_certificate
from huizhen.consult.joint.report.ports import Appearance, KeySource, SignerIdentity, SigningRefused


class TimedPdfSigner(PdfSigner):
    """pyHanko's signer reads the machine's clock; this one is told the time."""

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def init_signing_session(self, *args: Any, **kwargs: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session


@dataclass(frozen=True)
class DocumentSigner:
    """The `Signer` port over any source of keys. With `timestamps` each PDF signature carries a time stamp (B-T)."""

    keys: KeySource
    timestamps: TimeStamper | None = None

    @property
    def demonstration(self) -> bool:
        """Whether the signatures are only for show."""
        return self.keys.demonstration

    def get_roots(self) -> tuple[bytes, ...]:
        """Return the trusted root certificates, DER."""
        return self.keys.get_roots()

    def get_serial(self, identity: SignerIdentity, *, at: datetime) -> str:
        """Return the last 8 hex digits of the certificate's serial number.

        Raises:
            SigningRefused: there is no certificate that may be used.
        """
        return f"{_certificate(self._open(identity, at)).serial_number:08X}"[-8:]

    def sign(
        self,
        pdf: bytes,
        *,
        identity: SignerIdentity,
        reason: str,
        at: datetime,
        appearance: Appearance | None = None,
        field: str = "Chair",
    ) -> bytes:
        """Return the PDF with a signature in the new field `field`; what was signed before stays as it is.

        Raises:
            SigningRefused: no usable certificate, or no time stamp to be had.
        """
        key = self._open(identity, at)
        details = PdfSignatureMetadata(
            field_name=field,
            subfilter=SigSeedSubFilter.PADES,
            md_algorithm=_digest(key),
            name=identity.name,
            location=identity.organisation or None,
            reason=reason,
        )
        signer = TimedPdfSigner(
            details,
            key,
            timestamper=self.timestamps,
            stamp_style=_style(appearance),
            new_field_spec=_field(field, appearance),
            at=at,
        )
        try:
            return signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()
        except (TimestampRequestError, OSError) as error:
            raise SigningRefused("no_timestamp", str(error)) from error
        except SigningError as error:
            raise SigningRefused("unavailable", str(error)) from error

    def sign_statement(self, statement: bytes, *, identity: SignerIdentity, at: datetime) -> bytes:
        """Return a detached CMS signature (CAdES, DER) over `statement`.

        Raises:
            SigningRefused: no usable certificate.
        """
        key = self._open(identity, at)
        attributes = PdfCMSSignedAttributes(signing_time=at)
        signing = key.async_sign_general_data(statement, _digest(key), use_cades=True, signed_attr_settings=attributes)
        try:
            return asyncio.run(signing).dump()
        except SigningError as error:
            raise SigningRefused("unavailable", str(error)) from error

    def _open(self, identity: SignerIdentity, at: datetime) -> Signer:
        key = self.keys.open_key(identity, at=at)
        certificate = _certificate(key)
        if certificate.subject.native.get("common_name") != identity.name:
            raise SigningRefused("wrong_person", identity.key)
        chain = tuple(one.dump() for one in key.cert_registry if one.dump() != certificate.dump())
        problem = check_certificate(certificate.dump(), chain=chain, roots=self.keys.get_roots(), at=at)
        if problem:
            raise SigningRefused(problem, identity.key)
        return key


def _certificate(key: Signer) -> x509.Certificate:
    if key.signing_cert is None:
        raise SigningRefused("no_certificate")
    return key.signing_cert


def _digest(key: Signer) -> str:
    return select_suitable_signing_md(_certificate(key).public_key)


def _field(name: str, appearance: Appearance | None) -> SigFieldSpec:
    if appearance is None:
        return SigFieldSpec(name)
    left, bottom, right, top = (round(corner) for corner in appearance.corners)
    return SigFieldSpec(name, on_page=appearance.page - 1, box=(left, bottom, right, top), readable_field_name=name)


def _style(appearance: Appearance | None) -> StaticStampStyle | None:
    if appearance is None:
        return None
    whole = SimpleBoxLayoutRule(x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID)
    return StaticStampStyle(background=FacePage(appearance.face), background_layout=whole, border_width=0)


class FacePage(PdfContent):
    """A one-page PDF from memory as the picture of a signature; pyHanko's own class wants a file's name."""

    def __init__(self, face: bytes) -> None:
        self.face = face
        super().__init__()

    def render(self) -> bytes:
        """Import the page into the document being signed and return the drawing operator."""
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self.face)))
        self.resources.xobject["/Face"] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return b"/Face Do"
