"""Which signer this installation uses, by its settings."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper

from huizhen.consult.joint.report.demonstration_ca import DemonstrationCa
from huizhen.consult.joint.report.hospital_ca import Pkcs11Keys, Pkcs12Keys, read_roots
from huizhen.consult.joint.report.ports import KeySource, Signer
from huizhen.consult.joint.report.signing import DocumentSigner

TIMESTAMP_SECONDS = 10
# Older than the oldest of the demonstration's stories, which sign in it.
CA_AGE = timedelta(days=30)


@cache
def get_demonstration_ca() -> DemonstrationCa:
    """Return the demonstration's CA; `make_demonstration_ca` made it at set-up."""
    return DemonstrationCa(Path(settings.VAR) / "ca")


def make_demonstration_ca(at: datetime) -> None:
    """Make the demonstration's CA where it is missing."""
    get_demonstration_ca().make(at=at - CA_AGE)


@cache
def get_signer() -> Signer:
    """Return the signer that `HUIZHEN_SIGNING` names.

    Raises:
        ImproperlyConfigured: an unknown name, or the demonstration's certificates outside the demonstration.
    """
    address = settings.TSA_URL
    stamps = RequestsHTTPTimeStamper(address, timeout=TIMESTAMP_SECONDS) if address else None
    return DocumentSigner(_get_keys(), stamps)


def _get_keys() -> KeySource:
    kind = settings.SIGNING
    if kind == "demonstration":
        if not settings.DEMO:
            raise ImproperlyConfigured("HUIZHEN_SIGNING is `demonstration`; set pkcs12 or pkcs11 with real doctors.")
        return get_demonstration_ca()
    if kind == "pkcs12":
        folder = Path(settings.SIGNING_FOLDER)
        return Pkcs12Keys(folder, _get_roots(), lambda _key: settings.SIGNING_PASSPHRASE)
    if kind == "pkcs11":
        return Pkcs11Keys(settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.SIGNING_PASSPHRASE, _get_roots())
    raise ImproperlyConfigured(f"HUIZHEN_SIGNING is {kind!r}; it takes demonstration, pkcs12 or pkcs11.")


def _get_roots() -> tuple[bytes, ...]:
    if not settings.SIGNING_ROOTS:
        raise ImproperlyConfigured("Set HUIZHEN_SIGNING_ROOTS to the file with the CA's root certificates.")
    return read_roots(Path(settings.SIGNING_ROOTS))
