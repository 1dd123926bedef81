"""What must come out of each kind of message: specimen, test, value, unit, flags, status, whose it is."""

import pytest

from huizhen.lab.instruments import profile, reading
from huizhen.lab.instruments.codecs import astm_frames, charset
from huizhen.lab.instruments.codecs.astm_receiver import Keep, Receiver
from huizhen.lab.instruments.profile import BadProfile, parse_profile
from huizhen.lab.instruments.understanding.values import plain_number, with_power

H = "MSH|^~\\&|{0}|LAB|||20260504||{1}|1|P|2.5.1|||{2}\r"
A = "H|\\^&|||{0}|||||||{1}|1|20260504093000\r"
OUL = "OUL^R22^OUL_R22"


def shown(found):
    return [
        (r.specimen, r.test, r.value, r.unit, "".join(r.flags), r.status.value, r.kind.value) for r in found.readings
    ]


def final(specimen, test, value, unit="", flags="", status="final", kind="patient"):
    return (specimen, test, value, unit, flags, status, kind)


TABLE = {
    "one message with a whole run is split by specimen": (
        "roche-cobas-4800",
        H.format("C4800", OUL, "") + "SPM|1|T-1&BC||SW|||||||P\rOBR|1|||HPV^^99R\rOBX|1|ST|HPV16^^99R||Detected||||||F\r"
        "SPM|2|||SW|||||||P\rSAC|||X-9\rOBR|1|||HPV^^99R\rOBX|1|ST|HPV16^^99R||Negative||||||F\r"
        "SPM|3|T-3||SW|||||||Q\rOBR|1|||HPV\rOBX|1|NM|^^^HPV16||1.25|10^5^cp/mL||H~A|||F\r",
        [final("T-1", "HPV16", "Detected"), final("", "HPV16", "Negative"), final("T-3", "HPV16", "125000", "cp/mL", "HA", kind="control")],
        ("no_specimen",),
    ),
    "the result stands in OBX-8, mantissa and power in value and unit": (
        "roche-cobas-6800",
        H.format("C6800", OUL, "") + "SPM|1|T-5\rOBR|1|||SCOV\rOBX|1|ST|SCOV||ValueNotSet|||Positive|||F\r"
        "OBX|2|NM|HIV||4.70|E+03 IU/mL||N|||F\rOBX|3|ST|HBV||INVALID||||||F\rNTE|1||low volume\rOBX|4|ST|HCV||||||||X\r",
        [final("T-5", "SCOV", "Positive", "", "Positive"), final("T-5", "HIV", "4700", "IU/mL", "N"),
         final("T-5", "HBV", "INVALID", status="failed"), final("T-5", "HCV", "", status="failed")],
        (),
    ),
    "the id stands in SAC-3 only": (
        "abbott-alinity-m",
        H.format("ALM", OUL, "") + "SPM|1||X\rSAC|||B-77^LIS\rOBR|1\rOBX|1|NM|CT||28,4||||||F\rSPM|2\rOBR|1\rOBX|1|NM|CT||30||||||F\r",
        [final("B-77", "CT", "28,4"), final("", "CT", "30")],
        ("no_specimen",),
    ),
    "SPM comes after its results in an ORU": (
        "hl7",
        H.format("Z", "ORU^R01", "") + "PID|1\rORC|RE\rOBR|1|||P1\rOBX|1|NM|GLU||5||||||F\rSPM|1|A-1\rORC|RE\rOBR|2|||P2\rOBX|1|NM|GLU||6||||||C\rSPM|1|A-2\r",
        [final("A-1", "GLU", "5"), final("A-2", "GLU", "6", status="corrected")],
        (),
    ),
    "Mindray: id in OBR-3, whose it is in MSH-16": (
        "mindray",
        H.format("BC", "ORU^R01", "|0||UNICODE") + "OBR|1||M-1|00001\rOBX|1|NM|6690-2^WBC^LN||9.8|10*9/L|4-10|N|||F\rOBX|2|ED|15008||^I^B^Base64^AA==\rOBX|3|NM|704-7^BAS||||||||F\r",
        [final("M-1", "6690-2", "9.8", "10*9/L", "N"), final("M-1", "704-7", "", status="failed")],
        (),
    ),
    "a control, a calibration and an unknown sort never look like a patient's": (
        "mindray",
        "".join(H.format("BC", "ORU^R01", f"|{sort}") + f"OBR|1||M-{sort}\rOBX|1|NM|WBC||1||||||F\r" for sort in "129"),
        [final("M-1", "WBC", "1", kind="calibration"), final("M-2", "WBC", "1", kind="control"), final("M-9", "WBC", "1", kind="control")],
        ("unknown_kind",),
    ),
    "two specimens in one group belong to nobody": (
        "hl7",
        H.format("Z", "ORU^R01", "") + "OBR|1\rOBX|1|NM|GLU||5||||||F\rSPM|1|A-1\rSPM|2|A-2\r",
        [final("", "GLU", "5")],
        ("several_specimens", "no_specimen"),
    ),
    "Sysmex: O-4 padded with blanks, flags without values, pictures left out": (
        "sysmex-xn",
        A.format("XN", "") + "P|1\rO|1||^^          SX-27^M|^^^^WBC|||||||N\rR|1|^^^^WBC^1|  8.1|10*3/uL||N||F\rR|2|^^^^Anemia||||A||F\rR|3|^^^^SCAT_X|P&R&1||||F\rL|1\r",
        [final("SX-27", "WBC", "8.1", "10*3/uL", "N"), final("SX-27", "Anemia", "", "", "A")],
        (),
    ),
    "GeneXpert: results have a status, an error is a result, the reason stands in the comment": (
        "cepheid-genexpert",
        "H|@^\\|id||GX^G^6\rP|1\rO|1|G-1||^^^COV|R\rR|1|^COV^^SARS^Xpert^1^CoV-2^|ERROR^|||||F\rC|1|I|Error^5011^Signal loss|N\r"
        "R|2|^COV^^SARS^^^CoV-2^Ct|^0.0|||\rR|3|^^^HIVVL^Xpert HIV^3^^LOG|^3.00|cp/mL||N||F\rL|1\r",
        [final("G-1", "COV.SARS", "ERROR", status="failed"), final("G-1", "HIVVL.LOG", "3.00", "cp/mL", "N")],
        (),
    ),
    "an order that failed has no result record": (
        "astm",
        A.format("Z", "") + "P|1\rO|1|S-1||^^^GLU\\^^^K|||||||||||||||||||||X\rC|1|I|clot|G\rO|2|S-2||^^^GLU\rR|1|^^^GLU|5.5|mmol/L||||F\rL|1\r",
        [final("S-1", "GLU", "", status="failed"), final("S-1", "K", "", status="failed"), final("S-2", "GLU", "5.5", "mmol/L")],
        (),
    ),
    "a quality run is nobody's": (
        "astm", A.format("Z", "Q") + "P|1\rO|1|QC-1\rR|1|^^^GLU|5|\rL|1\r", [final("QC-1", "GLU", "5", kind="control")], (),
    ),
    "Horiba doubts a value, and draws dashes where there is none": (
        "horiba-pentra",
        A.format("ABX", "") + "P|1\rO|1|S-9^0\rR|1|^^^WBC^804-5^1|8.5|1||L||W\rR|2|^^^BAS#|-----|1||HH||X\rL|1\r",
        [final("S-9", "WBC", "8.5", "", "LW", "preliminary"), final("S-9", "BAS#", "-----", "", "HH", "failed")],
        (),
    ),
    "c 311: the specimen within O-3, flags in comments, codes with a stroke": (
        "roche-cobas-c311",
        A.format("c311", "") + "P|1\rO|1|112^CL-7     ^1^^4\rR|1|^^^685/|22.4|U/l||A||F\rC|1|I|43|I\rR|2|^^^687/|15|U/l||N||F\rC|1|I|0|I\rL|1\r",
        [final("CL-7", "685", "22.4", "U/l", "A43"), final("CL-7", "687", "15", "U/l", "N")],
        (),
    ),
    "c 111 in O-4, Afinion and DCA in the patient's record": (
        "roche-cobas-c111", A.format("c111", "") + "O|1||T20 1^^6\rR|1|^^^413|40.1|g/L||N||F\rL|1\r", [final("T20 1", "413", "40.1", "g/L", "N")], (),
    ),
    "Afinion": ("abbott-afinion", A.format("Af", "") + "P|1||PT-1\rO|1||5\rR|1|^^^HbA1c|5.9|%\rL|1\r", [final("PT-1", "HbA1c", "5.9", "%")], ()),
    "DCA": ("siemens-dca-vantage", A.format("D", "") + "P|1|PT-2\rO|1||6\rR|1|^^^Alb|63|mg/L\rL|1\r", [final("PT-2", "Alb", "63", "mg/L")], ()),
    "Yumizen's control": ("horiba-yumizen", A.format("H5", "P") + "O|1|LOT||^^^DIF|||||||||||CTRL^^M\rM|1|X\rR|1|^^^MCV|90|um3\rL|1\r", [final("LOT", "MCV", "90", "um3", kind="control")], ()),
    "not ASTM: mini VIDAS": (
        "biomerieux-mini-vidas",
        "\x1emtrsl|\x1eciZ9|\x1ertHBCT|\x1ernAnti-HBc|\x1ett18:35|\x1etd10/25/24|\x1eqlPositif|\x1eqn0.05|\x1db0",
        [final("Z9", "HBCT", "Positif"), final("Z9", "HBCT.qn", "0.05")],
        (),
    ),
    "not ASTM: SPOTCHEM": (
        "arkray-spotchem-el",
        "24/10/29 13:08 ID# D42   [B. Plasma] Na       131  mmol/L K        ---  mmol/L",
        [final("D42", "Na", "131", "mmol/L"), final("D42", "K", "---", "mmol/L", status="failed")],
        (),
    ),
    "a table, a result a row, under a title": (
        "pcr-sheet",
        "PCR 结果\n\n样本编号,项目,结果,单位,样本类型\nT-1,ORF1ab,阴性,,\nNC,ORF1ab,阴性,,NC\n,ORF1ab,无效,,\n",
        [final("T-1", "ORF1ab", "阴性"), final("NC", "ORF1ab", "阴性", kind="control"), final("", "ORF1ab", "无效", status="failed")],
        ("no_specimen",),
    ),
    "a table, a specimen a row": ("pcr-wide", "Barcode;ORF1ab;N\nT-1;24,5;\n", [final("T-1", "ORF1ab", "24,5")], ()),
    "what is no table": ("pcr-sheet", "PK\x03\x04 half a workbook", [], ("not_a_table",)),
    "what is no HL7": ("hl7", "GET / HTTP/1.1\r\n", [], ("not_hl7",)),
    "an empty message says so": ("astm", A.format("Z", "") + "L|1\r", [], ("no_results",)),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_a_message_says_what_it_says(case):
    name, text, readings, problems = TABLE[case]
    found = reading.read(charset.encode(text, "utf-8"), profile.shipped(name))
    assert shown(found) == readings
    assert found.problems == problems


def test_a_failure_says_why_and_names_its_time():
    name, text, *_ = TABLE["an order that failed has no result record"]
    first = reading.read(text.encode(), profile.shipped(name)).readings[0]
    assert (first.reason, first.measured_at) == ("clot", None)
    vidas = reading.read(TABLE["not ASTM: mini VIDAS"][1].encode(), profile.shipped("biomerieux-mini-vidas")).readings[
        0
    ]
    assert vidas.measured_at.isoformat() == "2024-10-25T18:35:00+08:00"


def test_a_device_that_cannot_count_is_heard_all_the_same():
    records = [b"H|\\^&\r", b"P|1\r", b"M|1|x\r", b"M|2|y\r", b"L|1\r"]
    stream = astm_frames.ENQ + b"".join(astm_frames.frame(n, r) for n, r in zip((1, 2, 1, 1, 4), records, strict=True))
    steps = Receiver(counts=False).feed(stream)
    assert [step.payload for step in steps if isinstance(step, Keep)] == [b"".join(records)]


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "plain"),
    [("1.234,5", ",", "", "1234.5"), ("12,345.6", ".", ",", "12345.6"), ("<0,5", ",", "", "<0.5"), ("1 234", ",", "", "1234"),
     ("1.5E+05", ".", "", "150000"), ("1,234", ".", "", "1,234"), ("阳性", ",", "", "阳性"), ("+++", ",", ".", "+++")],
)  # fmt: skip
def test_numbers_become_plain(text, decimal, thousands, plain):
    assert plain_number(text, decimal, thousands) == plain


def test_a_true_unit_is_no_power():
    assert with_power("Detected", "10^5 cp/mL") == ("Detected", "10^5 cp/mL")
    assert with_power("1.25", "mmol/L") == ("1.25", "mmol/L")


def test_every_shipped_profile_is_sound_and_bad_ones_say_why():
    for name in profile.shipped_names():
        assert profile.new_profile(profile.shipped_text(name)).name == name
    for text in ("name = 1", 'protocol = "hl7"\nname="x"\nversion=1\n[specimen]\nfrom=["spm2"]', 'protocol="fax"', "["):
        with pytest.raises(BadProfile):
            parse_profile(text)


TIMED = """name = "printer"
version = 1
protocol = "text"
[text]
specimen = 'ID (?P<specimen>\\S+)'
results = ['(?P<test>K) (?P<value>[0-9.]+)']
measured = '{}'
"""


@pytest.mark.parametrize(
    ("pattern", "says", "at"),
    [
        (r"(?P<day>\d+)\.(?P<month>\d+)\.(?P<year>\d+)", "4.5.2026", "2026-05-04T00:00:00+08:00"),
        (r"(?P<year>\d+)/(?P<month>\d+)/(?P<day>\d+)( (?P<hour>\d+):(?P<minute>\d+))?", "26/5/4", "2026-05-04T00:00:00+08:00"),
        (r"(?P<year>\d+)/(?P<month>\d+)/(?P<day>\d+)( (?P<hour>\d+):(?P<minute>\d+))?", "26/5/4 9:07", "2026-05-04T09:07:00+08:00"),
        (r"(?P<year>\d+)?(?P<month>x)?(?P<day>x)?@", "@", None),
    ],
)  # fmt: skip
def test_a_printed_line_says_when_it_was_measured(pattern, says, at):
    [found] = reading.read(f"{says} ID S-1 K 4.1".encode(), parse_profile(TIMED.format(pattern))).readings
    assert (found.measured_at and found.measured_at.isoformat()) == at


@pytest.mark.parametrize(
    ("old", "new", "lacks"),
    [
        (r"{}", r"(?P<at>\d+)", "text.measured lacks the group day, month, year"),
        ("(?P<test>K)", "K", "text.results lacks the group test"),
        ("(?P<specimen>", "(", "text.specimen lacks the group specimen"),
    ],
)
def test_a_pattern_without_its_groups_is_no_profile(old, new, lacks):
    text = TIMED.replace(old, new, 1).replace("measured = '{}'\n", "")
    with pytest.raises(BadProfile, match=lacks):
        profile.new_profile(text)
    assert not [one for one in reading.read(b"26/5/4 ID S-1 K 4.1", parse_profile(text)).readings if one.measured_at]


def test_a_changed_profile_shows_what_would_change():
    text = TABLE["the result stands in OBX-8, mantissa and power in value and unit"][1].encode()
    before, after = (reading.read(text, profile.shipped(name)) for name in ("hl7", "roche-cobas-6800"))
    changed = [(old and old.value, new and new.value) for old, new in reading.differences(before, after)]
    assert changed == [("ValueNotSet", "Positive"), ("4.70", "4700")]
    assert reading.differences(after, after) == []


SAID = {
    "of the order, before its results": (
        "horiba-yumizen",
        A.format("H5", "P") + "O|1|LOT||^^^DIF|||||||||||CTRL^^M\rC|1|I|CONTROL_FAILED^^PLT|I\rM|1|X\r"
        "R|1|^^^MCV|90|um3|||||F\rR|2|^^^PLT|308|10|||||F\rC|1|I|shaken\r"
        "O|2|LOT2||^^^DIF|||||||||||CTRL^^M\rR|1|^^^MCV|91|um3|||||F\rL|1\r",
        ["CONTROL_FAILED PLT", "CONTROL_FAILED PLT shaken", ""],
    ),
    "of the value, behind it, and of the order, before it": (
        "mindray",
        H.format("BC", "ORU^R01", "|2||UNICODE")
        + "OBR|1||QC-1|00003\rNTE|1||control failed\rOBX|1|NM|WBC||9.8||||||F\r"
        "NTE|1||twice\rOBX|2|NM|RBC||4.8||||||F\r",
        ["control failed twice", "control failed"],
    ),
}


@pytest.mark.parametrize(("name", "text", "said"), SAID.values(), ids=SAID)
def test_what_a_device_says_of_a_control_is_kept_beside_its_values(name, text, said):
    found = reading.read(text.encode(), profile.shipped(name)).readings
    assert [(one.reason, one.kind.value) for one in found] == [(one, "control") for one in said]
