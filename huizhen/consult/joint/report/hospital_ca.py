"""A hospital's own certificates: PKCS#12 files handed out by its CA, or keys that never leave a token (PKCS#11)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pkcs11
from asn1crypto import pem, x509
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.sign.signers.pdf_cms import Signer

from huizhen.consult.joint.report.demonstration_ca import Pair, PrivateKey, make_signer
from huizhen.consult.joint.report.ports import SignerIdentity, SigningRefused

SAFE_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def read_roots(path: Path) -> tuple[bytes, ...]:
    """Return the certificates of a PEM or DER file, DER."""
    data = path.read_bytes()
    if not pem.detect(data):
        return (x509.Certificate.load(data).dump(),)
    return tuple(der for kind, _headers, der in pem.unarmor(data, multiple=True) if kind == "CERTIFICATE")


@dataclass(frozen=True)
class Pkcs12Keys:
    """One file `<key>.p12` per doctor in `folder`; `get_passphrase(key)` comes from the hospital's secret store."""

    folder: Path
    roots: tuple[bytes, ...]
    get_passphrase: Callable[[str], str]
    demonstration: bool = False

    def get_roots(self) -> tuple[bytes, ...]:
        """Return the trusted root certificates, DER."""
        return self.roots

    def open_key(self, identity: SignerIdentity, *, at: object) -> Signer:
        """Return the doctor's signer.

        Raises:
            SigningRefused: no_certificate (no such file), unavailable (wrong passphrase, damaged, other key type).
        """
        path = self.folder / f"{identity.key}.p12"
        if not SAFE_KEY.fullmatch(identity.key) or not path.exists():
            raise SigningRefused("no_certificate", identity.key)
        try:
            store = load_pkcs12(path.read_bytes(), self.get_passphrase(identity.key).encode())
        except ValueError as error:
            raise SigningRefused("unavailable", str(error)) from error
        if store.cert is None or not isinstance(store.key, PrivateKey):
            raise SigningRefused("unavailable", f"{path.name} holds no certificate with an EC or RSA key")
        chain = [one.certificate for one in store.additional_certs]
        return make_signer(Pair(store.cert.certificate, store.key), chain)


@dataclass(frozen=True)
class Pkcs11Keys:
    """Keys on a token (a signing server or USB key): certificate and key labelled with the doctor's `key`."""

    module: str
    token: str
    pin: str
    roots: tuple[bytes, ...]
    demonstration: bool = False

    def get_roots(self) -> tuple[bytes, ...]:
        """Return the trusted root certificates, DER."""
        return self.roots

    def open_key(self, identity: SignerIdentity, *, at: object) -> Signer:
        """Return the doctor's signer; the private key stays on the token.

        Raises:
            SigningRefused: no_certificate, unavailable (no token, wrong PIN).
        """
        try:
            return self._find(identity)
        except pkcs11.PKCS11Error:
            # The token may have been unplugged or restarted since: one fresh log-in, then the truth.
            open_session.cache_clear()
        try:
            return self._find(identity)
        except pkcs11.PKCS11Error as error:
            raise SigningRefused("unavailable", type(error).__name__) from error

    def _find(self, identity: SignerIdentity) -> Signer:
        session = open_session(self.module, self.token, self.pin)
        label = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, pkcs11.Attribute.LABEL: identity.key}
        found = [one[pkcs11.Attribute.VALUE] for one in session.get_objects(label)]
        if len(found) != 1:
            raise SigningRefused("no_certificate", f"{identity.key}: {len(found)} on the token")
        certificate = x509.Certificate.load(found[0])
        # Many tokens sign a digest by an elliptic key and nothing longer; pyHanko then makes the digest itself.
        raw = certificate.public_key.algorithm == "ec"
        return PKCS11Signer(session, signing_cert=certificate, key_label=identity.key, use_raw_mechanism=raw)


@cache
def open_session(module: str, token: str, pin: str) -> pkcs11.Session:
    """Log in to a token, once per process: PKCS#11 knows one log-in per process and token.

    Raises:
        pkcs11.PKCS11Error: no such token, wrong PIN, no such library.
    """
    try:
        return open_pkcs11_session(module, token_criteria=TokenCriteria(label=token), user_pin=pin)
    except RuntimeError as error:
        raise pkcs11.PKCS11Error(str(error)) from error
