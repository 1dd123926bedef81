import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfReader

from huizhen.consult.joint.report.demonstration_ca import DemonstrationCa
from huizhen.consult.joint.report.fakes import make_timestamps
from huizhen.consult.joint.report.hospital_ca import Pkcs12Keys
from huizhen.consult.joint.report.ports import SignerIdentity, SigningRefused
from huizhen.consult.joint.report.produce import preview_report, sign_opinion, sign_report, to_identity
from huizhen.consult.joint.report.signing import DocumentSigner
from huizhen.consult.joint.report.statements import StatementDiffers, write_statement
from huizhen.consult.joint.report.tests.samples import AT, CHAIR, make_content, make_opinions
from huizhen.consult.joint.report.verification import Problem, verify_pdf, verify_statement

MADE_AT = AT - timedelta(days=30)
LATER = AT + timedelta(days=1200)  # the doctor's certificate has ended, the root's has not


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    ca = DemonstrationCa(tmp_path_factory.mktemp("ca") / "ca")
    ca.make(at=MADE_AT)
    for opinion in make_opinions():
        ca.issue(to_identity(opinion.expert), at=MADE_AT)
    return ca


@pytest.fixture(scope="module")
def signer(authority):
    return DocumentSigner(authority)


@pytest.fixture(scope="module")
def content(signer):
    case = make_content().case_number
    return make_content(tuple(sign_opinion(one, case_number=case, signer=signer) for one in make_opinions()))


@pytest.fixture(scope="module")
def report(content, signer):
    return sign_report(content, signer=signer, language="zh-hans", at=AT).pdf


def check(pdf, authority, at=AT):
    return verify_pdf(pdf, roots=authority.get_roots(), at=at)


def test_a_signed_report_says_who_and_when_and_is_whole(report, authority):
    verdict = check(report, authority)
    (finding,) = verdict.findings
    assert verdict.problem is None
    assert (finding.signer, finding.organisation, finding.signed_at) == ("陈思远", "省人民医院", AT)
    assert finding.intact
    assert finding.covers_whole
    assert finding.trusted
    assert finding.root == "Huizhen demonstration root"


def test_it_is_pades_and_shows_the_chair(report):
    reader = PdfReader(io.BytesIO(report))
    (field,) = reader.get_fields().values()
    assert field["/V"]["/SubFilter"] == "/ETSI.CAdES.detached"
    left, bottom, right, top = reader.pages[-1]["/Annots"][0].get_object()["/Rect"]
    assert (right - left, top - bottom) == (216, 66)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_one_changed_byte_is_found(report, authority, place, flip):
    spoiled = bytearray(report)
    spoiled[int(place * len(report))] ^= flip
    verdict = check(bytes(spoiled), authority)
    inside_padding = verdict.problem is None and verdict.findings[0].intact
    if inside_padding:
        # Between the angle brackets of /Contents stand the signature and its padding of zeros: hex digits may change
        # their case, and the padding its digits, without a bit of the signed text changing.
        start = report.index(b"/Contents <")
        assert start < int(place * len(report)) < report.index(b">", start)


def test_a_report_of_another_authority_is_not_trusted(report, tmp_path):
    other = DemonstrationCa(tmp_path / "other")
    other.make(at=MADE_AT)
    verdict = check(report, other)
    assert verdict.problem is Problem.UNTRUSTED
    assert verdict.findings[0].intact
    assert verify_pdf(report, roots=(), at=AT).problem is Problem.UNTRUSTED


def test_after_the_certificate_has_ended_only_a_time_stamp_still_proves(report, content, authority):
    verdict = check(report, authority, LATER)
    assert verdict.problem is Problem.EXPIRED
    assert verdict.findings[0].good_when_signed
    stamped = DocumentSigner(authority, make_timestamps(authority, at=AT))
    pdf = sign_report(content, signer=stamped, language="zh-hans", at=AT).pdf
    verdict = check(pdf, authority, LATER)
    assert verdict.problem is None
    assert verdict.findings[0].timestamped
    assert not verdict.findings[0].trusted


def test_a_second_signature_leaves_the_first_valid(report, signer, authority):
    seal = SignerIdentity("centre", "慧诊区域远程会诊中心")
    sealed = signer.sign(report, identity=seal, reason="盖章", at=AT + timedelta(minutes=5), field="Seal")
    verdict = check(sealed, authority, AT + timedelta(minutes=6))
    assert verdict.problem is None
    assert [one.covers_whole for one in verdict.findings] == [False, True]


def test_a_page_changed_by_an_update_is_found(report, authority):
    writer = IncrementalPdfFileWriter(io.BytesIO(report))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = writer.root["/Pages"]["/Count"]
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    assert check(out.getvalue(), authority).problem in (Problem.CHANGED_AFTER, Problem.TAMPERED)


@pytest.mark.parametrize("cut", [0, 10, 5000, -1000])
def test_a_damaged_file_gets_an_answer(report, authority, cut):
    assert check(report[:cut], authority).problem in (Problem.UNREADABLE, Problem.UNSIGNED, Problem.TAMPERED)


def test_a_preview_is_unsigned_and_says_so(content, authority):
    pdf = preview_report(content, language="en", at=AT)
    assert check(pdf, authority).problem is Problem.UNSIGNED
    assert "Not signed yet" in read(pdf)


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "尚未签名"), ("en", "Not signed yet")])
def test_what_is_copied_from_a_signed_report_does_not_call_it_unsigned(content, signer, language, words):
    assert words not in read(sign_report(content, signer=signer, language=language, at=AT).pdf)


def read(pdf):
    """All the words of the pages, those beneath the signature too."""
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_an_opinion_is_its_authors(content, authority):
    opinion = content.opinions[2]
    finding = verify_statement(opinion.statement, opinion.signature, roots=authority.get_roots(), at=AT)
    assert finding.valid
    assert (finding.signer, finding.signed_at) == ("欧阳靖", opinion.signed_at)
    changed = opinion.statement.replace("肺段".encode(), "肺叶".encode())
    assert changed != opinion.statement
    finding = verify_statement(changed, opinion.signature, roots=authority.get_roots(), at=AT)
    assert finding.problem is Problem.TAMPERED
    assert verify_statement(changed, b"nonsense", roots=(), at=AT).problem is Problem.UNREADABLE


def test_the_statements_travel_inside_the_report(report, content, authority):
    attached = PdfReader(io.BytesIO(report)).attachments
    for number, opinion in enumerate(content.opinions, 1):
        (statement,), (signature,) = attached[f"opinion-{number}.json"], attached[f"opinion-{number}.p7s"]
        assert statement == opinion.statement
        assert verify_statement(statement, signature, roots=authority.get_roots(), at=AT).valid


def test_no_opinion_is_printed_under_a_signature_for_other_words(content, signer):
    altered = replace(content.opinions[0], advice="观察即可。")
    with pytest.raises(StatementDiffers):
        sign_report(make_content((altered, *content.opinions[1:])), signer=signer, language="zh-hans", at=AT)


@given(st.text(), st.text())
def test_different_words_never_make_the_same_statement(findings, advice):
    first = replace(make_opinions()[0], findings=findings, advice=advice)
    moved = replace(first, findings=findings + "甲", advice=advice)
    assert write_statement(first, case_number="1") != write_statement(moved, case_number="1")
    assert write_statement(first, case_number="1") == write_statement(replace(first), case_number="1")


def test_keys_are_for_the_owner_only(authority):
    files = list(Path(authority.folder).iterdir())
    assert len(files) >= 5
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_demonstration_renews_what_has_ended(authority):
    renewed = DemonstrationCa(authority.folder)
    renewed.open_key(SignerIdentity("late", "迟到医生"), at=AT)
    signer = DocumentSigner(renewed)
    assert signer.sign_statement(b"x", identity=SignerIdentity("late", "迟到医生"), at=LATER)


def test_the_set_up_may_run_twice(authority):
    before = authority.get_roots()
    authority.make(at=LATER)
    assert authority.get_roots() == before


@pytest.fixture
def hospital(authority, tmp_path):
    """A hospital's folder of PKCS#12 files; its certificates come from the sample authority."""
    identity = to_identity(CHAIR)
    authority.open_key(identity, at=AT)
    pair = authority._read(next(path.stem for path in authority.folder.glob("doctor-*") if "陈思远" in _common(path)))
    data = serialize_key_and_certificates(b"x", pair.key, pair.certificate, None, BestAvailableEncryption(b"geheim"))
    (tmp_path / "e1.p12").write_bytes(data)
    return Pkcs12Keys(tmp_path, authority.get_roots(), lambda _key: "geheim")


def _common(path: Path) -> str:
    folder = DemonstrationCa(path.parent)
    return folder._read(path.stem).certificate.subject.rfc4514_string()


def test_a_hospitals_files_sign_too(hospital, content, authority):
    signed = sign_report(content, signer=DocumentSigner(hospital), language="en", at=AT)
    assert check(signed.pdf, authority).problem is None


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        (SignerIdentity("e9", "无此人"), "no_certificate"),
        (SignerIdentity("../e1", "陈思远"), "no_certificate"),
        (SignerIdentity("e1", "别人"), "wrong_person"),
    ],
)
def test_nobody_signs_with_a_certificate_of_someone_else(hospital, identity, code):
    with pytest.raises(SigningRefused) as refused:
        DocumentSigner(hospital).sign_statement(b"x", identity=identity, at=AT)
    assert refused.value.code == code


@pytest.mark.parametrize(("at", "code"), [(LATER, "expired"), (MADE_AT - timedelta(days=9), "not_yet_valid")])
def test_a_certificate_out_of_its_time_does_not_sign(hospital, at, code):
    with pytest.raises(SigningRefused) as refused:
        DocumentSigner(hospital).sign(b"", identity=to_identity(CHAIR), reason="", at=at)
    assert refused.value.code == code


def test_a_wrong_passphrase_is_told(hospital):
    locked = replace(hospital, get_passphrase=lambda _key: "falsch")
    with pytest.raises(SigningRefused) as refused:
        DocumentSigner(locked).sign_statement(b"x", identity=to_identity(CHAIR), at=AT)
    assert refused.value.code == "unavailable"
