"""Signing with a key that never leaves its token, against SoftHSM (Debian's softhsm2)."""

import os
import shutil
import subprocess
from dataclasses import replace

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.x509 import decode_x509_certificate

from huizhen.consult.joint.report.demonstration_ca import DemonstrationCa
from huizhen.consult.joint.report.hospital_ca import Pkcs11Keys
from huizhen.consult.joint.report.ports import SignerIdentity, SigningRefused
from huizhen.consult.joint.report.produce import sign_report, to_identity
from huizhen.consult.joint.report.signing import DocumentSigner
from huizhen.consult.joint.report.tests.samples import AT, CHAIR, make_content
from huizhen.consult.joint.report.verification import verify_pdf, verify_statement

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def install_softhsm() -> None:
    if os.path.exists(MODULE):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("no software token here, and only root on Debian may install softhsm2")
    subprocess.run(["apt-get", "install", "-y", "softhsm2"], check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A fresh token that holds the chair's key and certificate."""
    install_softhsm()
    folder = tmp_path_factory.mktemp("token")
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = "softhsm2-util --init-token --free --label hospital --pin 1234 --so-pin 5678"
    subprocess.run(command.split(), check=True, capture_output=True)
    authority = DemonstrationCa(folder / "ca")
    authority.make(at=AT)
    signer = authority.open_key(to_identity(CHAIR), at=AT)
    key = load_der_private_key(signer.signing_key.dump(), password=None)
    certificate = signer.signing_cert.dump()
    with pkcs11.lib(MODULE).get_token(token_label="hospital").open(rw=True, user_pin="1234") as session:
        pem = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        naming = {pkcs11.Attribute.LABEL: CHAIR.key, pkcs11.Attribute.TOKEN: True}
        session.create_object(decode_ec_private_key(pem) | naming | {pkcs11.Attribute.SIGN: True})
        session.create_object(decode_x509_certificate(certificate) | naming)
    return Pkcs11Keys(MODULE, "hospital", "1234", authority.get_roots())


def test_a_report_is_signed_by_the_token(token):
    report = sign_report(make_content(), signer=DocumentSigner(token), language="zh-hans", at=AT)
    verdict = verify_pdf(report.pdf, roots=token.get_roots(), at=AT)
    assert verdict.problem is None
    assert verdict.findings[0].signer == CHAIR.name


def test_a_statement_is_signed_by_the_token(token):
    signature = DocumentSigner(token).sign_statement(b"words", identity=to_identity(CHAIR), at=AT)
    assert verify_statement(b"words", signature, roots=token.get_roots(), at=AT).valid


def test_a_token_without_the_doctor_or_with_another_pin_says_so(token):
    with pytest.raises(SigningRefused, match="no_certificate"):
        DocumentSigner(token).sign_statement(b"x", identity=SignerIdentity("e9", "无"), at=AT)
    locked = DocumentSigner(replace(token, pin="0000"))
    with pytest.raises(SigningRefused, match="unavailable"):
        locked.sign_statement(b"x", identity=to_identity(CHAIR), at=AT)
    with pytest.raises(SigningRefused, match="unavailable"):
        DocumentSigner(replace(token, token="gone")).sign_statement(b"x", identity=to_identity(CHAIR), at=AT)
