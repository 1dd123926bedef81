"""Is this certificate good for signing, at this time, under these roots?"""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)

# Checked from the most to the least telling: an expired certificate is also an error of its path.
PROBLEMS = ((RevokedError, "revoked"), (ExpiredError, "expired"), (NotYetValidError, "not_yet_valid"))


def make_context(roots: Iterable[bytes], *, at: datetime, crls: Iterable[bytes] = ()) -> ValidationContext:
    """Return the rules for a check at `at`: these roots only, these revocation lists, no look-up over the network.

    An empty list of roots trusts nobody: pyHanko would otherwise fall back to the machine's web roots.
    """
    return ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in roots],
        moment=at,
        crls=list(crls),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def check_certificate(
    certificate: bytes,
    *,
    chain: Iterable[bytes] = (),
    roots: Iterable[bytes],
    at: datetime,
    crls: Iterable[bytes] = (),
) -> str:
    """Return "" for a certificate that may sign at `at`, else why not: revoked, expired, not_yet_valid, untrusted.

    Takes DER. The key must be meant for signatures (digitalSignature or nonRepudiation, RFC 5280 §4.2.1.3).
    """
    validator = CertificateValidator(
        x509.Certificate.load(certificate),
        intermediate_certs=[x509.Certificate.load(one) for one in chain],
        validation_context=make_context(roots, at=at, crls=crls),
    )
    try:
        asyncio.run(validator.async_validate_usage(set()))
    except (ValidationError, PathBuildingError) as error:
        return next((code for kind, code in PROBLEMS if isinstance(error, kind)), "untrusted")
    usage = x509.Certificate.load(certificate).key_usage_value
    if usage is not None and not {"digital_signature", "non_repudiation"} & usage.native:
        return "untrusted"
    return ""
