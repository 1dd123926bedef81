"""Every shape in which the instruments of this house put bytes on a line, in messages of our own, from the first byte
to what must come out: specimen, test, value, unit, flags, status, whose it is. Each in one read and byte by byte.
"""

import pytest

from huizhen.lab.instruments import profile, reading
from huizhen.lab.instruments.codecs import astm_frames, hl7, mllp
from huizhen.lab.instruments.intake.steps import Take
from huizhen.lab.instruments.intake.talks import talk_for
from huizhen.lab.instruments.tests.test_codecs_mllp_hl7 import AT, cut
from huizhen.lab.instruments.tests.test_understanding import final, shown

CURVE = "FLOAT-stream/deflate:base64^" + "eJwDAAAAAAE=" * 60
XN = "H|\\^&|||    XN-1^00-24^1^^^^AB1||||||||E1394-97\rP|1|||71|^Doe||19900101|F\rC|1||after meal\r"


# --- how it comes over the line -------------------------------------------------------------------------------------
def records(text):
    """A record in a frame, ENQ before and EOT after."""
    return astm_frames.ENQ + b"".join(astm_frames.frames(text.encode())) + astm_frames.EOT


def whole(text):
    """The whole message in a frame, however long."""
    return astm_frames.ENQ + astm_frames.frame(1, text.encode()) + astm_frames.EOT


def bare(text):
    """Neither ENQ nor EOT, and a CR alone after the checksum."""
    return astm_frames.frame(1, text.encode())[:-1]


def short(text):
    """Records cut mid-field by ETB."""
    return astm_frames.ENQ + b"".join(astm_frames.frames(text.encode(), size=11)) + astm_frames.EOT


def uncounted(text):
    """Frames of the maker's own records are all numbered 1; the others count on as if these were not there."""
    lines, number, stream = text.encode().splitlines(keepends=True), 0, b""
    for line in lines:
        number += not line.startswith(b"M|")
        stream += astm_frames.frame(1 if line.startswith(b"M|") else number, line)
    return astm_frames.ENQ + stream + astm_frames.EOT


def plain(text):
    """As it is, between the signs of its profile."""
    return text.encode()


def block(text):
    """MLLP."""
    return mllp.frame(text.encode())


def wild(text):
    """MLLP without its first byte, LF between segments, NULs before, and the last CR missing."""
    return b"\x00\x00" + mllp.frame(text.replace("\r", "\n").encode())[1:-1]


# --- what is said: profile, manner, text, readings, faults of the line, problems of the content ---------------------
SHAPES = {
    "one record a frame, the id in O-4, curves in M": (
        "roche-cobas-c111", records,
        "H|\\^&|||H^Roche^c111^4.2^1^13|||||host|RSUPL^REAL|P|1|20260803131713\rP|1||\rO|1||A17 22901XB^^6||S||||||N|||||||||||20260803131713|||F\r"
        "R|1|^^^413|38.20|g/L||N||F||$SYS$||20260803131700\rC|1|I||I\rM|1|RR^BM^c111^1|-21|-21\\-21\\1|0.0185\rL|1|N\r",
        [final("A17 22901XB", "413", "38.20", "g/L", "N")], ()),
    "the whole message a frame, the id padded within O-3, flags in comments": (
        "roche-cobas-c311", whole,
        "H|\\^&|||c311^1|||||host|RSUPL^REAL|P|1\rP|1\rO|1|77^BC-24-0007          ^1^^004|R1|^^^685/\\^^^712/|R||||||N||^^||SC\r"
        "R|1|^^^685/|31.4|U/l||A||F|||||P1\rC|1|I|43|I\rR|2|^^^712/|4.0|umol/l||L||F|||||P1\rC|1|I|0|I\rL|1|N\r",
        [final("BC-24-0007", "685", "31.4", "U/l", "A43"), final("BC-24-0007", "712", "4.0", "umol/l", "L")], ()),
    "neither ENQ nor EOT, the id in the patient's record": (
        "abbott-afinion", bare,
        "H|\\^&|||Afinion 2 Analyzer^^AF1|||||||P|1|20261206141235\rP|1||3643|||||U\rO|1||5|^^^HbA1c|||||||N\rR|1|^^^HbA1c|6.4|%||||F||3643||20261206140615\rL|1|N\r",
        [final("3643", "HbA1c", "6.4", "%")], ()),
    "the id in P-3, a comment after each result": (
        "siemens-dca-vantage", whole,
        "H|\\^&|||DCA VANTAGE^04^S1|||||||P||20260820151746\rP|1|BU26R1\rO|1||660^0090\rR|1|^^^Alb|63.7|mg/L||||F|||20260820151030\rC|1|I|1.000^0.0 mg/L|G\r"
        "R|2|^^^Ratio|27.6|mg/g||||F|||20260820151030\rC|1|I|1.000^0.0 mg/g|G\rL|1|N\r",
        [final("BU26R1", "Alb", "63.7", "mg/L"), final("BU26R1", "Ratio", "27.6", "mg/g")], ()),
    "delimiters of its own; curves and parts have no status, an empty result is none": (
        "cepheid-genexpert", bare,
        "H|@^\\|URM-1||1.2 Hospital^GeneXpert^4.8|||||LIS||P|1394-97|20260516125515\rP|1||||^^^^\rO|1|PR26A1||^^^MTB-RIF|R|20260514121638|||||||||ORH||||||||||F\r"
        "R|1|^MTB-RIF^^Xpert^Ultra^4^MTB^|NOT DETECTED^|||||F||Op|20260514121638|20260514132103|X\rC|1|I|Notes^^free words|I\rR|2|^MTB-RIF^^Xpert^^^rpoB1^|INVALID^|||\r"
        "R|3|^MTB-RIF^^Xpert^^^rpoB1^Ct|^0.0|||\rR|4|^MTB-RIF^^Trace^Ultra^4^MTB Trace^|^|||||F||Op\rL|1|N\r",
        [final("PR26A1", "MTB-RIF.Xpert", "NOT DETECTED")], ()),
    "several results of one order, each with parts and curves that are none": (
        "cepheid-genexpert", records,
        "H|@^\\|G-3||GX^GeneXpert^6.3|||||LIS||P|1394-97|20260820144159\rP|1||||^^^^\rO|1|55501||^^^PLUS|R|20260713160633|||||||||ORH||||||||||F\r"
        "R|1|^PLUS^^COV2^Xpress plus^1^SARS-CoV-2^|NEGATIVE^|||||F||Op|20260713160633|20260713164224|PC^804\rR|2|^PLUS^^COV2^^^SARS-CoV-2^|NEG^|||\r"
        "R|3|^PLUS^^COV2^^^SPC^Ct|^29.3|||\rR|4|^PLUS^^FLUA^Xpress plus^1^Flu A^|POSITIVE^|||||F||Op|20260713160633|20260713164224|PC^804\rR|5|^PLUS^^FLUA^^^Flu A 1^EndPt|^2.0|||\rL|1|N\r",
        [final("55501", "PLUS.COV2", "NEGATIVE"), final("55501", "PLUS.FLUA", "POSITIVE")], ()),
    "a run that failed is a result, and says why": (
        "cepheid-genexpert", records,
        "H|@^\\|G-1||GX^GeneXpert^6.3|||||LIS||P|1394-97|20260809121209\rP|1\rO|1|T-9||^^^COV|R\rR|1|^COV^^SARS^Xpress^1^SARS-CoV-2^|ERROR^|||||F\r"
        "C|1|I|Error^2125^stopped^too little fluid: 16^20260713174646|N\rR|2|^COV^^SARS^^^SPC^|NO RESULT^|||\rL|1|N\r",
        [final("T-9", "COV.SARS", "ERROR", status="failed")], ()),
    "a quantity and its logarithm are two tests": (
        "cepheid-genexpert", records,
        "H|@^\\|G-2||GX^GeneXpert^1.0|||||GX||P|1394-97|20261202104226\rP|1\rO|1|V-1||^^^HIVVL|R\rR|1|^^^HIVVL^Xpert HIV^3^^|^2040.10|copies/mL|40.00 to 10000000.00|N||F\r"
        "R|2|^^^HIVVL^Xpert HIV^3^^LOG|^3.31|copies/mL||N||F\rL|1|N\r",
        [final("V-1", "HIVVL", "2040.10", "copies/mL", "N"), final("V-1", "HIVVL.LOG", "3.31", "copies/mL", "N")], ()),
    "a doubted value is preliminary, dashes are no value, comments between": (
        "horiba-pentra", records,
        "H|\\^&|||ABX|||||||P|E1394-97|20260727121551\rP|1||||Doe^J||19771201|F\rO|1|S77^00^00||^^^DIF\rR|1|^^^WBC^804-5^1|8.5|1||||W||N||20260727121550\r"
        "C|1|I|Alarm_WBC^LL^NL|I\rC|2|I|LARGE CELL^NRBCs|I\rR|2|^^^BAS#^704-7^1|-----|1||HH||X||N\rR|3|^^^RBC^789-9^1|4.65|1||||F||N\rL|1|N\r",
        [final("S77", "WBC", "8.5", "", "W", "preliminary"), final("S77", "BAS#", "-----", "", "HH", "failed"), final("S77", "RBC", "4.65")], ()),
    "id and names padded, a flag without a value, pictures left out": (
        "sysmex-xn", whole,
        XN + "O|1||^^                    27^M|^^^^WBC\\^^^^RBC|||||||N||||||||||||||F\rC|1||\rR|1|^^^^WBC^1|8.13|10*3/uL||N||F||||20260627135407\r"
        "R|2|^^^^Anemia||||A||F||||20260627135407\rR|3|^^^^SCAT_WDF|PNG&R&20260627&1.PNG|||N||F\rL|1|N\r",
        [final("27", "WBC", "8.13", "10*3/uL", "N"), final("27", "Anemia", "", "", "A")], ()),
    "values padded, the status left empty": (
        "sysmex-xn", bare,
        "H|\\^&|||XP-1^00-13^^^^A1^B1||||||||E1394-97\rP|1\rO|1||^^            113^A|^^^^WBC|||||||N\rR|1|^^^^WBC^1|  5.5|10*3/uL||N||||               ||20260723172452\rL|1|N\r",
        [final("113", "WBC", "5.5", "10*3/uL", "N")], ()),
    "a control run whose curves fill frames of their own, numbered as they like": (
        "horiba-yumizen", uncounted,
        "H|\\^&|||H500^910^2.2|||||||Q|LIS2-A2|20260329110749\rP|1\rO|1|PX4N||^^^DIF|R|20260329110631|||||||||CTRL^^MEDIUM\rC|1|I|CONTROL_FAILED^^PLT|I\r"
        f"M|1|HISTOGRAM|RBC|A|{CURVE}\rM|2|MATRIX|LMNE|B|{CURVE}\rR|1|^^^MCV^787-2|90.6|um3|84.0 - 94.0^RANGE|N||F\rL|1|N\r",
        [final("PX4N", "MCV", "90.6", "um3", "N", kind="control")], ()),
    "records cut mid-field": (
        "astm", short, "H|\\^&|||Meter\rP|1\rO|1|CUT-1||^^^GLU\rR|1|^^^GLU|5.9|mmol/L||N||F\rL|1|N\r",
        [final("CUT-1", "GLU", "5.9", "mmol/L", "N")], ()),
    "no ASTM, and named so: fields of two letters": (
        "biomerieux-mini-vidas", plain,
        "\x02\x1emtrsl|\x1epi|\x1epn|\x1esi|\x1eciZ26|\x1ertHBCT|\x1ernAnti-HBc|\x1ett18:35|\x1etd10/25/26|\x1eqlNegatif|\x1eqn0.91|\x1db0\r\n",
        [final("Z26", "HBCT", "Negatif"), final("Z26", "HBCT.qn", "0.91")], ()),
    "no ASTM, and named so: one printed line": (
        "arkray-spotchem-el", plain, "\x0226/10/29 13:08 ID# 1DC0   [B. Plasma] Na       131  mmol/L K        ---  mmol/L Cl        96  mmol/L    \x03\n",
        [final("1DC0", "Na", "131", "mmol/L"), final("1DC0", "K", "---", "mmol/L", status="failed"), final("1DC0", "Cl", "96", "mmol/L")], ()),
    "what an ASTM line hears and is none is kept to its first byte, and named": (
        "astm", plain, "\x0226/10/29 13:08 ID# 1DC0   [B. Plasma] Na       131  mmol/L    \x03\n", [], ("not_astm",)),
    "ORU^R01 of 2.3.1: id in OBR-3, settings and pictures left out, an empty value is a failure": (
        "mindray", block,
        "MSH|^~\\&|BC-1|Mindray|||20260617143943||ORU^R01|1|P|2.3.1||||||UNICODE\rPID|1||73^^^^MR||Doe^J||19900804|Female\rOBR|1||20261207|00001^Automated Count^99MRC\r"
        "OBX|1|IS|08001^Take Mode^99MRC||O||||||F\rOBX|6|NM|6690-2^WBC^LN||9.81|10*9/L|4.00-10.00|N|||F||E\rOBX|7|NM|704-7^BAS#^LN|||10*9/L|||||F\r"
        "OBX|33|IS|12014^Anemia^99MRC||T||||||F\rOBX|38|ED|15008^WBC Histogram. BMP^99MRC||^Image^BMP^Base64^Qk0=||||||F\rOBR|2||20261207|00002^Manual Count^99MRC\rOBX|46|NM|747-6^Myeloblasts%^LN||0.0|%|||||F\r",
        [final("20261207", "6690-2", "9.81", "10*9/L", "N"), final("20261207", "704-7", "", "10*9/L", status="failed"),
         final("20261207", "12014", "T"), final("20261207", "747-6", "0.0", "%")], ()),
    "ORU^R30 from the bedside: the order comes after the fact, a status that nobody knows": (
        "hl7", wild,
        "MSH|^~\\&|POC|W3|||20260504||ORU^R30^ORU_R30|1|P|2.5.1\rPID|1\rORC|NW\rOBR|1||K-5|GLU\rOBX|1|NM|^^^GLU||5,9|mmol/L||N|||Y\r",
        [final("K-5", "GLU", "5,9", "mmol/L", "N", "preliminary")], ("unknown_status",)),
    "one message with a whole run, badly framed": (
        "roche-cobas-4800", wild,
        "MSH|^~\\&|C4800|L|||20260504||OUL^R22^OUL_R22|1|P|2.5.1\rSPM|1|T-1&BC||SW|||||||P\rOBR|1|||HPV\rOBX|1|ST|HPV16^^99R||Detected|||A|||F\r"
        "SPM|2|||SW|||||||P\rOBR|1|||HPV\rOBX|1|ST|HPV16^^99R||Negative||||||F\rSPM|3|NC-1||SW|||||||Q\rOBR|1|||HPV\rOBX|1|NM|HPV16^^99R||1.5|10^3^cp/mL||||F\r",
        [final("T-1", "HPV16", "Detected", "", "A"), final("", "HPV16", "Negative"), final("NC-1", "HPV16", "1500", "cp/mL", kind="control")], ("no_specimen",)),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_from_the_first_byte_to_what_must_come_out(shape):
    name, manner, text, readings, problems = SHAPES[shape]
    stream, used = manner(text), profile.shipped(name)
    for places in ((), range(len(stream))):
        talk = talk_for(used, used.protocol)
        steps = [step for piece in cut(stream, places) for step in talk.feed(piece, 0.0)]
        [take] = [step for step in [*steps, *talk.close()] if isinstance(step, Take)]
        found = reading.read(take.payload, used)
        assert shown(found) == readings
        assert (found.problems, set(take.faults) & {"not_astm"}) == (problems, set(problems) & {"not_astm"})
    if problems == ("not_astm",):
        assert stream.startswith(b"\x02" + take.payload)


def test_letters_under_a_wrong_label_do_not_change_whose_value_it_is():
    header = [
        "MSH",
        "|",
        "^~\\&",
        "BC-1",
        "",
        "",
        "",
        "",
        "",
        "ORU^R01",
        "1",
        "P",
        "2.3.1",
        "",
        "",
        "",
        "",
        "",
        "ASCII",
    ]
    body = [
        ["PID", "1", "", "", "", "联通"],
        ["OBR", "1", "", "M-7"],
        ["OBX", "1", "ST", "N^核酸", "", "阴性", "", "", "正常", "", "", "F"],
    ]
    payload = hl7.encode([header, *body], encoding="gb18030")
    found = reading.read(payload, profile.shipped("hl7"))
    assert shown(found) == [final("M-7", "N", "阴性", "", "正常")]
    assert found.problems == ()


def test_release_2_of_mllp_says_held_before_it_says_understood():
    used = profile.parse_profile('name="x"\nversion=1\nprotocol="hl7"\n[link]\nframing="mllp2"\n')
    [take] = talk_for(used, "hl7").feed(block("MSH|^~\\&|A|B|||1||ORU^R01|9|P|2.5.1\r"), 0.0)
    said = take.reply(AT)
    assert said.startswith(mllp.COMMITTED)
    assert b"MSA|AA|9" in said
