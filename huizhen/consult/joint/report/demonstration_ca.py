"""A certificate authority for the demonstration: made at set-up, honest about what it is, never to be trusted."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.signers.pdf_cms import Signer, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from huizhen.consult.joint.report.ports import SignerIdentity, SigningRefused

WARNING = "DEMONSTRATION ONLY - NO LEGAL EFFECT"
ROOT_FOR = timedelta(days=3650)
DOCTOR_FOR = timedelta(days=1095)
LONGEST_NAME = 64
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: PrivateKey


@dataclass(frozen=True)
class DemonstrationCa:
    """A root and one certificate per doctor, PEM files of mode 0600 in `folder` (var/ca)."""

    folder: Path
    demonstration: bool = True

    def make(self, *, at: datetime) -> None:
        """Make the root and the time stamp's certificate where they are missing; may be called at every start."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._path("root").exists():
            self._write("root", _make_root(at))
        if not self._path("timestamps").exists():
            self._write("timestamps", _issue(self._read("root"), _name("Demonstration time stamps"), at, stamps=True))

    def issue(self, identity: SignerIdentity, *, at: datetime) -> None:
        """Issue a certificate for a doctor, replacing an older one.

        Raises:
            SigningRefused: `unavailable`, the CA was not made yet.
        """
        name = _name(identity.name, identity.organisation)
        self._write(_file_name(identity), _issue(self._read("root"), name, at))

    def open_key(self, identity: SignerIdentity, *, at: datetime) -> Signer:
        """Return the doctor's signer; a first, an expired or a renamed certificate is issued on the spot.

        Raises:
            SigningRefused: `unavailable`, the CA was not made yet.
        """
        if not self._is_current(identity, at):
            self.issue(identity, at=at)
        return make_signer(self._read(_file_name(identity)), [self._read("root").certificate])

    def get_roots(self) -> tuple[bytes, ...]:
        """Return the demonstration's root, DER."""
        return (self._read("root").certificate.public_bytes(Encoding.DER),)

    def open_timestamps(self) -> tuple[asn1_x509.Certificate, asn1_keys.PrivateKeyInfo]:
        """Return certificate and key of the demonstration's time stamp service."""
        return to_asn1(self._read("timestamps"))

    def _is_current(self, identity: SignerIdentity, at: datetime) -> bool:
        if not self._path(_file_name(identity)).exists():
            return False
        certificate = self._read(_file_name(identity)).certificate
        same = certificate.subject == _name(identity.name, identity.organisation)
        return same and certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def _read(self, name: str) -> Pair:
        try:
            pem = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise SigningRefused("unavailable", f"{self._path(name)} is missing; run the set-up") from error
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, PrivateKey):
            raise SigningRefused("unavailable", f"{self._path(name)} holds another kind of key")
        return Pair(x509.load_pem_x509_certificate(pem), key)

    def _write(self, name: str, pair: Pair) -> None:
        """Key and certificate in one file, put in place at once: two hands never leave a pair that does not fit."""
        pem = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem += pair.certificate.public_bytes(Encoding.PEM)
        part = self.folder / f".{name}.{secrets.token_hex(4)}.part"
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        part.replace(self._path(name))


def make_signer(pair: Pair, chain: list[x509.Certificate]) -> SimpleSigner:
    """Return pyHanko's signer for a certificate, its key and the certificates above it."""
    certificate, key = to_asn1(pair)
    registry = SimpleCertificateStore()
    registry.register_multiple(asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in chain)
    return SimpleSigner(signing_cert=certificate, signing_key=key, cert_registry=registry)


def to_asn1(pair: Pair) -> tuple[asn1_x509.Certificate, asn1_keys.PrivateKeyInfo]:
    """Return certificate and key in the form that pyHanko works with."""
    key = pair.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificate = pair.certificate.public_bytes(Encoding.DER)
    return asn1_x509.Certificate.load(certificate), asn1_keys.PrivateKeyInfo.load(key)


def _file_name(identity: SignerIdentity) -> str:
    return "doctor-" + hashlib.sha256(identity.key.encode()).hexdigest()[:24]


def _name(common: str, organisation: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:LONGEST_NAME]))
    parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, WARNING))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common[:LONGEST_NAME]))
    return x509.Name(parts)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _make_root(at: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Huizhen demonstration root")
    builder = _builder(name, name, key, at, ROOT_FOR)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return Pair(builder.sign(key, hashes.SHA256()), key)


def _issue(root: Pair, name: x509.Name, at: datetime, *, stamps: bool = False) -> Pair:
    """A time stamp service needs RSA here and its own extended usage, alone and critical (RFC 3161 §2.3)."""
    key: PrivateKey = rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, root.certificate.subject, key, at, ROOT_FOR if stamps else DOCTOR_FOR)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    if stamps:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.certificate.public_key())  # type: ignore[arg-type]  # ours is EC or RSA
    builder = builder.add_extension(issuer, critical=False)
    return Pair(builder.sign(root.key, hashes.SHA256()), key)


def _builder(
    name: x509.Name, issuer: x509.Name, key: PrivateKey, at: datetime, valid_for: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(minutes=1))
        .not_valid_after(at + valid_for)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
