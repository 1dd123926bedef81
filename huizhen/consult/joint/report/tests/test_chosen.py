import pytest
from django.core.exceptions import ImproperlyConfigured

from huizhen.consult.joint.report import chosen
from huizhen.consult.joint.report.demonstration_ca import DemonstrationCa
from huizhen.consult.joint.report.hospital_ca import Pkcs11Keys, Pkcs12Keys, read_roots
from huizhen.consult.joint.report.ports import SignerIdentity, SigningRefused
from huizhen.consult.joint.report.tests.samples import AT, make_content
from huizhen.consult.joint.report.typeset import typeset


@pytest.fixture(autouse=True)
def _forget():
    chosen.get_signer.cache_clear()
    chosen.get_demonstration_ca.cache_clear()
    yield
    chosen.get_signer.cache_clear()
    chosen.get_demonstration_ca.cache_clear()


@pytest.fixture
def roots(tmp_path):
    """The demonstration's root as a hospital would hand out its own: a PEM file."""
    authority = DemonstrationCa(tmp_path / "ca")
    authority.make(at=AT)
    return tmp_path / "ca" / "root.pem", authority.get_roots()


def test_the_demonstration_signs_with_its_own(settings, tmp_path):
    settings.VAR, settings.DEMO, settings.SIGNING = tmp_path, True, "demonstration"
    assert chosen.get_signer().demonstration
    with pytest.raises(SigningRefused, match="unavailable"):
        chosen.get_signer().get_roots()


def test_nobody_signs_real_reports_with_the_demonstration(settings):
    settings.DEMO, settings.SIGNING = False, "demonstration"
    with pytest.raises(ImproperlyConfigured):
        chosen.get_signer()


@pytest.mark.parametrize(("kind", "source"), [("pkcs12", Pkcs12Keys), ("pkcs11", Pkcs11Keys)])
def test_a_hospitals_source_is_chosen_by_its_name(settings, roots, kind, source):
    settings.SIGNING, settings.SIGNING_ROOTS = kind, str(roots[0])
    signer = chosen.get_signer()
    assert isinstance(signer.keys, source)
    assert signer.get_roots() == roots[1]
    assert not signer.demonstration


@pytest.mark.parametrize(("kind", "root_file"), [("pkcs12", ""), ("paper", "x")])
def test_a_half_made_setting_refuses(settings, kind, root_file):
    settings.SIGNING, settings.SIGNING_ROOTS = kind, root_file
    with pytest.raises(ImproperlyConfigured):
        chosen.get_signer()


def test_roots_may_come_as_der(roots, tmp_path):
    (tmp_path / "root.der").write_bytes(roots[1][0])
    assert read_roots(tmp_path / "root.der") == roots[1]


def test_a_silent_time_stamp_service_stops_the_signature(settings, roots):
    """Port 9 of this machine answers nobody."""
    settings.DEMO, settings.SIGNING, settings.TSA_URL = True, "demonstration", "http://127.0.0.1:9/"
    settings.VAR = roots[0].parents[1]
    pdf = typeset(make_content(), language="en", at=AT).pdf
    with pytest.raises(SigningRefused) as refused:
        chosen.get_signer().sign(pdf, identity=SignerIdentity("e1", "陈思远"), reason="", at=AT)
    assert refused.value.code == "no_timestamp"
