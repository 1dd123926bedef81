"""Signing, as the report needs it: what a certificate authority's side must be able to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the library is heavy, and a process that does not sign never loads it
    from pyhanko.sign.signers.pdf_cms import Signer as CmsSigner


class SigningRefused(Exception):
    """Nothing was signed; `code` says why: no_certificate, expired, not_yet_valid, untrusted, wrong_person,
    no_timestamp, unavailable."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}" if detail else code)


@dataclass(frozen=True)
class SignerIdentity:
    """Who signs: `key` names the practitioner to the store of keys, `name` must be the certificate's common name."""

    key: str
    name: str
    organisation: str = ""


@dataclass(frozen=True)
class Appearance:
    """What a signature shows on the paper: page from 1, its corners in PDF points from the lower left, and a one-page
    PDF of that size."""

    page: int
    corners: tuple[float, float, float, float]
    face: bytes


class KeySource(Protocol):
    """Where certificates and keys live: the demonstration's CA, PKCS#12 files, or a token behind PKCS#11."""

    @property
    def demonstration(self) -> bool:
        """Whether its certificates are only for show."""
        ...

    def open_key(self, identity: SignerIdentity, *, at: datetime) -> "CmsSigner":
        """Return a pyHanko signer holding the certificate and its chain.

        Raises:
            SigningRefused: no_certificate, unavailable.
        """
        ...

    def get_roots(self) -> tuple[bytes, ...]:
        """Return the trusted root certificates, DER."""
        ...


class Signer(Protocol):
    """Signs for a person; the certificate is checked against the trusted roots before each signature."""

    @property
    def demonstration(self) -> bool:
        """Whether its signatures are only for show."""
        ...

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
        """Return the PDF with one more signature (PAdES) in an incremental update; earlier ones stay valid."""
        ...

    def sign_statement(self, statement: bytes, *, identity: SignerIdentity, at: datetime) -> bytes:
        """Return a detached CMS signature (DER) over an opinion's canonical bytes (statements.py)."""
        ...

    def get_serial(self, identity: SignerIdentity, *, at: datetime) -> str:
        """Return the certificate's serial number as it is printed: the last 8 hex digits."""
        ...

    def get_roots(self) -> tuple[bytes, ...]:
        """Return the trusted root certificates, DER; what `verification` takes."""
        ...
