"""Messages that real analyzers sent, where a folder of them is at hand: `ANALYZER_MESSAGES` names it. They are not part
of this tree; here stands only what must come out of each file, by its name: readings of named lines as specimen, test,
value, unit and flags, how many there are in all, and what is a control or no ASTM.

`.astm` and `.raw` are bytes as they came over the line, `.records` and `.hl7` are messages without their frames.
"""

import os
from pathlib import Path

import pytest

from huizhen.lab.instruments import profile, reading
from huizhen.lab.instruments.codecs import mllp
from huizhen.lab.instruments.codecs.astm_frames import EOT
from huizhen.lab.instruments.intake.steps import Take
from huizhen.lab.instruments.intake.talks import talk_for
from huizhen.lab.instruments.readings import Kind
from huizhen.lab.instruments.tests.test_codecs_mllp_hl7 import cut

NAMED = os.environ.get("ANALYZER_MESSAGES", "")
pytestmark = pytest.mark.skipif(not NAMED, reason="ANALYZER_MESSAGES names no folder of messages that analyzers sent")

# Profile, how many readings, and the readings of named lines.
TABLE = {
    "abbott_afinion2.astm": ("abbott-afinion", 1, ["3643 HbA1c 5.9 % -"]),
    "cobas_c111.astm": ("roche-cobas-c111", 1, ["T20 10134GA D28 413 40.13 g/L N"]),
    "cobas_c311.astm": ("roche-cobas-c311", 7, [
        "CL-PL-24-0370 685 22.4 U/l A43", "CL-PL-24-0370 712 4.1 umol/l L", "CL-PL-24-0370 690 34 umol/l A43"]),
    "dca_vantage.astm": ("siemens-dca-vantage", 3, ["BU24R554 Alb 63.7 mg/L -", "BU24R554 Ratio 27.6 mg/g -"]),
    "genexpert.astm": ("cepheid-genexpert", 1, ["PR25A137 MTB-RIF.Xpert NOT DETECTED - -"]),
    "genexpert_cov_error.records": ("cepheid-genexpert", 1, ["Test COVFLURSVPLUS.SARSCOV2 ERROR - - failed"]),
    "genexpert_cov_negative.records": ("cepheid-genexpert", 2, [
        "99999 COVFLURSVPLUS.SARSCOV2 NEGATIVE - -", "99999 COVFLURSVPLUS.FLUA NEGATIVE - -"]),
    "genexpert_hivvl_quantified.records": ("cepheid-genexpert", 2, [
        "HIV-1 1E3cp HIVVL 1009.64 copies/mL N", "HIV-1 1E3cp HIVVL.LOG 3.00 copies/mL N"]),
    "mindray_bc5380.hl7": ("mindray", 7, [
        "20071207011 6690-2 9.81 10*9/L N", "20071207011 718-7 65 g/L L", "20071207011 704-7 - 10*9/L - failed"]),
    "mini_vidas.raw": ("biomerieux-mini-vidas", 2, ["Z1G021SCR HBCT Positif - -", "Z1G021SCR HBCT.qn 0.05 - -"]),
    "pentra_xlr.astm": ("horiba-pentra", 21, [
        "S1234 WBC 8.5 - W preliminary", "S1234 MON# 0.15 - LW preliminary", "S1234 BAS# ----- - HH failed"]),
    "spotchem_el.raw": ("arkray-spotchem-el", 3, ["1DC042FP Na 131 mmol/L -", "1DC042FP K 9.7 mmol/L -"]),
    "sysmex_xn550.astm": ("sysmex-xn", 37, ["27 WBC 8.13 10*3/uL N", "27 HCT 22.7 % L", "27 PLT 99 10*3/uL N"]),
    "sysmex_xp100.astm": ("sysmex-xn", 20, ["113 RBC 2.87 10*6/uL N", "113 HCT 24.2 % L", "113 MCHC 41.7 g/dL H"]),
    "yumizen_h500.astm": ("horiba-yumizen", 21, ["PX440N WBC 8.30 10E3/uL N", "PX440N MCV 90.6 um3 N"]),
}  # fmt: skip
CONTROLS = {"yumizen_h500.astm"}
NOT_ASTM = {"mini_vidas.raw", "spotchem_el.raw"}


def folder():
    return Path(NAMED)


def takes(talk, stream, places=()):
    steps = [step for piece in cut(stream, places) for step in talk.feed(piece, 0.0)]
    return [step for step in (*steps, *talk.close()) if isinstance(step, Take)]


def said(one):
    words = [one.specimen, one.test, one.value or "-", one.unit or "-", "".join(one.flags) or "-"]
    return " ".join([*words, *([] if one.status.value == "final" else [one.status.value])])


def test_every_file_of_the_folder_is_in_the_table():
    found = {file.name for file in folder().iterdir() if file.suffix in (".astm", ".raw", ".records", ".hl7")}
    assert found == TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_a_real_message_says_what_it_says(name):
    read_by, count, lines = TABLE[name]
    by, data = profile.shipped(read_by), (folder() / name).read_bytes()
    stream = mllp.frame(data) if name.endswith(".hl7") else data
    if name.endswith(".records"):
        payload = data
    else:
        [take] = takes(talk_for(by, by.protocol), stream)
        assert take.faults == ()
        every = range(0, len(stream), max(1, len(stream) // 400))
        assert [one.payload for one in takes(talk_for(by, by.protocol), stream, every)] == [take.payload]
        payload = take.payload
    understood = reading.read(payload, by)
    assert (understood.problems, len(understood.readings)) == ((), count)
    assert set(lines) <= {said(one) for one in understood.readings}
    kinds = {one.kind for one in understood.readings}
    assert kinds == ({Kind.CONTROL} if name in CONTROLS else {Kind.PATIENT})


@pytest.mark.parametrize("name", sorted(NOT_ASTM))
def test_what_is_no_astm_is_kept_whole_and_named_so_on_an_astm_port(name):
    data = (folder() / name).read_bytes()
    [take] = takes(talk_for(None, "astm"), data)
    assert take.faults == ("not_astm",)
    assert take.payload in data
    assert len(take.payload) >= len(data.strip(b"\x02\x05\r\n" + EOT)) - 1
