"""Every mood of the simulator against the whole intake, over real sockets, a serial line and a folder, and through the
matching of results: what must come of it in the end, and nothing else. Nothing lost, nothing doubled."""

import asyncio
import os
import pty
import threading
import tty
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel import clock
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments import fakes
from huizhen.lab.instruments.codecs import astm_frames, mllp
from huizhen.lab.instruments.codecs.astm_receiver import Keep, Receiver
from huizhen.lab.instruments.intake import folders, process
from huizhen.lab.instruments.models import ProfileVersion, RawMessage
from huizhen.lab.instruments.tests.conftest import AT, HOST, free_port
from huizhen.lab.results.joining import match
from huizhen.lab.results.models import ControlRun, Held, Observation
from huizhen.lab.tests.builders import entry, make_lab

ROOT = Path(__file__).resolve().parents[4]
OWN_PROFILES = {
    "comma": 'protocol="hl7"\n[value]\ndecimal=","',
    "comma-astm": 'protocol="astm"\n[value]\ndecimal=","',
    "parted": 'protocol="hl7"\n[value]\nthousands=","',
    "parted-astm": 'protocol="astm"\n[value]\nthousands=","',
    "release-2": 'protocol="hl7"\n[link]\nframing="mllp2"',
    "unchecked": 'protocol="astm"\n[link]\nchecksum=false',
    "sysmex-like": 'protocol="astm"\n[specimen]\nfrom=["O-4.3"]',
    "mindray-spm": 'protocol="hl7"\n[kind]\nrules=[{from="MSH-16",patient=["0",""],calibration=["1"],control=["2"]}]',
    "bare": 'protocol="astm"\n[link]\nframing="records"',
}
USUAL = {"mllp": "hl7", "astm": "astm", "text": "arkray-spotchem-el", "sheet": "pcr-sheet"}
OWN_PORT = {"mllp2", "no_checksum", "no_frames", "contention"}  # known by the port they call, before they say a word
PANELS = {"mllp": "NCOV", "sheet": "NCOV", "astm": "GLU", "text": "BMP"}
# Both specimens, as a good instrument has them.
GOOD = {
    "mllp": "A NCOV negative released · B NCOV negative released", "astm": "A GLU 5.9 mmol/L released · B GLU 5.9 mmol/L released",
    "sheet": "A NCOV negative released · B NCOV negative released",
    "text": "A K 4.1 mmol/L released · A NA 140 mmol/L released · B K 4.1 mmol/L released · B NA 140 mmol/L released",
}  # fmt: skip
FAILED = "! run_failed · ! run_failed · held A failed · held B failed"
UNKNOWN = "! not_understood · held A unknown_code · held B unknown_code"
HIGH = "A CREA 1250.5 umol/L review · B CREA 1250.5 umol/L review"
CONTROLS = {"mllp": "control A Negative · control B Negative", "astm": "control A 5.9 mmol/L · control B 5.9 mmol/L"}
# Profile and panel where they are not the usual ones, and what comes out where it is not the same as of a good one.
OTHERWISE = {
    ("mllp", "id_in_sac"): ("abbott-alinity-m",),
    ("mllp", "id_in_obr3"): ("mindray",),
    ("mllp", "id_in_obr2"): ("mindray",),
    ("astm", "id_in_o4"): ("sysmex-like",),
    ("astm", "id_within_o3"): ("roche-cobas-c311",),
    ("mllp", "no_id"): ("", "", "! barcode_unreadable · A NCOV negative released · held no_specimen · message understood no_specimen"),
    ("astm", "no_id"): ("", "", "! barcode_unreadable · A GLU 5.9 mmol/L released · held no_specimen · message understood no_specimen"),
    ("mllp", "two_ids"): ("", "", "! barcode_unreadable · held no_specimen · held no_specimen · message understood several_specimens no_specimen"),
    ("mllp", "whole_run"): ("roche-cobas-4800", "", GOOD["mllp"] + " · control NC-1 Negative · control PC-1 Positive"),
    ("astm", "whole_run"): ("", "", GOOD["astm"] + " · control HIGH-1 5.9 mmol/L · control LOW-1 5.9 mmol/L"),
    ("mllp", "control"): ("", "", CONTROLS["mllp"]),
    ("astm", "control"): ("", "", CONTROLS["astm"]),
    ("sheet", "control"): ("", "", GOOD["sheet"] + " · control NC-1 阴性"),
    ("astm", "control_order"): ("", "", CONTROLS["astm"]),
    ("mllp", "msh16_patient"): ("mindray-spm",),
    ("mllp", "msh16_calibration"): ("mindray-spm", "", "calibration A Negative · calibration B Negative"),
    ("mllp", "msh16_control"): ("mindray-spm", "", CONTROLS["mllp"]),
    ("mllp", "elsewhere"): ("roche-cobas-6800",),
    ("mllp", "power"): ("roche-cobas-6800", "GLU", GOOD["astm"]),
    ("mllp", "thousands"): ("parted", "BMP", HIGH),
    ("astm", "thousands"): ("parted-astm", "BMP", HIGH),
    ("mllp", "decimal_comma"): ("comma", "GLU", GOOD["astm"]),
    ("astm", "decimal_comma"): ("comma-astm",),
    **{(line, "unknown_test"): ("", "", UNKNOWN) for line in ("mllp", "astm")},
    **{(line, word): ("", "", FAILED) for word in ("failure", "error", "invalid", "no_result") for line in ("mllp", "astm")},
    ("text", "failure"): ("", "", "! run_failed · ! run_failed · held A failed · held A failed · held B failed · held B failed"),
    ("sheet", "failure"): ("", "", FAILED),
    ("mllp", "mllp2"): ("release-2",),
    ("astm", "no_checksum"): ("unchecked",),
    ("astm", "no_frames"): ("bare",),
    **{(line, "cut"): ("", "", f"! not_understood · {GOOD[line]} · message set_aside cut_off") for line in ("mllp", "astm", "text")},
    ("mllp", "resend"): ("", "", f"{GOOD['mllp']} · message understood ×2"),
    **{(line, "resend"): ("", "", f"{GOOD[line]} · message understood ×2 · message understood ×2") for line in ("astm", "text")},
    ("sheet", "renamed"): ("", "", f"{GOOD['sheet']} · message understood ×2"),
    ("sheet", "rewritten"): ("", "", "! barcode_unknown · ! barcode_unknown · " + GOOD["sheet"] + " · held A-B unknown_specimen · held B-B unknown_specimen"),
}  # fmt: skip
CASES = [(line, mood) for mood, one in fakes.MOODS.items() for line in one.on]


def wanted_of(case):
    """Profile, panel and what comes out of a mood on a line."""
    usual = (USUAL[case[0]], PANELS[case[0]], GOOD[case[0]])
    return tuple(given or one for given, one in zip_longest(OTHERWISE.get(case, ()), usual))


def name_of(line, mood):
    return f"SIM-{line}-{mood}".upper()


async def send(line, mood, port, specimens, folder, running):
    """One instrument in its mood, to the end: as many acknowledgements as it wants."""
    moods, name = fakes.check_moods([mood], line), name_of(line, mood)
    if line == "mllp":
        answers = await fakes.send_mllp(HOST, port, [fakes.hl7_message(specimens, moods, name=name)], moods)
        said = [answer.segments[1][1] for answer in answers]
        assert said == {"enhanced": ["CA", "AA"], "commit_only": ["CA"], "deaf": [], "resend": ["AA"] * 2}.get(
            mood, ["AA"]
        )
    elif line == "astm":
        asking = asyncio.create_task(ask_when_it_calls(running, name)) if mood == "contention" else None
        messages = [fakes.astm_message([one], moods, name=name) for one in specimens]
        whole = mood in ("no_id", "whole_run")
        messages = [fakes.astm_message(specimens, moods, name=name)] if whole else messages
        assert await fakes.send_astm(HOST, port, messages, moods)
        assert asking is None or asking.done()
    elif line == "text":
        await fakes.send_text_over(fakes.tcp(HOST, port), [fakes.text_message(one, moods) for one in specimens], moods)
    else:
        await fakes.put_files(folder, mood, specimens, moods, pause=1.0)


async def ask_when_it_calls(running, name):
    """The host wants the line as soon as it is open."""
    while not (found := [line for line in running.lines if line.instrument and line.instrument.name == name]):
        await asyncio.sleep(0.01)
    await found[0].download("answer", fakes.astm_query("A"))


def outcome(instrument, tubes):
    """What came out in the end, in words: results, controls, what was set aside, messages that were not plain."""
    mine = {"instrument_id": instrument.id}

    def called(barcode):
        return next((barcode.replace(code, letter) for letter, code in tubes.items() if code in barcode), barcode)

    said = [
        " ".join(filter(None, (called(one.tube.barcode), one.item.code, one.value, one.unit, one.status)))
        for one in Observation.objects.filter(**mine).select_related("tube", "item")
    ]
    said += [f"{one.kind} {called(one.lot)} {one.value}" for one in ControlRun.objects.filter(**mine)]
    said += [f"held {called(one.barcode)} {one.kind}".replace("  ", " ") for one in Held.objects.filter(**mine)]
    for raw in RawMessage.objects.filter(**mine):
        if raw.repeats or raw.problems or raw.state != "understood":
            said.append(" ".join(["message", raw.state, *raw.problems, *[f"×{raw.repeats + 1}"][: raw.repeats]]))
    about = {instrument.id, *Held.objects.filter(**mine).values_list("id", flat=True)}
    said += [
        f"! {one.kind}" for one in Trouble.objects.filter(closed_at=None)
        if one.reference in about or one.subject.endswith(str(instrument.id))
    ]  # fmt: skip
    return " · ".join(sorted(said))


def test_every_mood_comes_to_its_right_end(intake, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "REST_SECONDS", 0.3)
    monkeypatch.setattr(process, "LOOK_SECONDS", 0.1)
    lab, person, made, tubes = make_lab(), entry(), {}, {}
    for name, text in OWN_PROFILES.items():
        whole = f'name="{name}"\nversion=1\n{text}\n'
        ProfileVersion.objects.create(organisation=lab.laboratory, name=name, version=1, text=whole, made_at=AT)
    for number, case in enumerate(CASES):
        line, mood = case
        profile, panel, _comes = wanted_of(case)
        tubes[case] = {letter: f"{number + 7001}{ord(letter)}" for letter in "AB"}
        for barcode in tubes[case].values():
            lab.collect(barcode=barcode, panel=panel, entries=[person])
        link = {"identity": name_of(line, mood)}
        if line == "sheet":
            (tmp_path / mood).mkdir()
            link = {"link": "folder", "address": str(tmp_path / mood)}
        elif line == "text" or mood in OWN_PORT:
            link = {"port": free_port()}
        made[case] = intake.add(name=name_of(line, mood), organisation=lab.laboratory, profile=profile, **link)

    async def story(running):
        while not {one.port for one in made.values() if one.port} <= running._servers.keys():
            await asyncio.sleep(0.02)
        usual = {"mllp": settings.MLLP_PORT, "astm": settings.ASTM_PORT}
        await asyncio.gather(*(
            send(line, mood, one.port or usual.get(line), list(tubes[line, mood].values()), tmp_path / mood, running)
            for (line, mood), one in made.items()
        ))  # fmt: skip
        while running.lines:
            await asyncio.sleep(0.02)
        await asyncio.sleep(1)

    intake(story)
    while match(at=clock.now()):
        pass
    exceptions.look(at=clock.now() + timedelta(hours=1))
    assert {case: outcome(one, tubes[case]) for case, one in made.items()} == {c: wanted_of(c)[2] for c in CASES}


# --- without the house: moods had together, a serial line, the command -----------------------------------------------
@given(st.sets(st.sampled_from(["no_vt", "no_cr", "late_cr", "nuls", "crumbs", "together"])))
def test_moods_of_an_mllp_line_together_change_no_message(names):
    messages = [fakes.hl7_message([one]) for one in "AB"]
    deframer = mllp.Deframer()
    blocks = [block for write in fakes.mllp_writes(messages, frozenset(names)) for block in deframer.feed(write)]
    assert [block.content for block in blocks + deframer.end()] == messages


@given(
    st.sets(st.sampled_from(["short_frames", "whole_frame", "frames_247", "continued_frames"])),
    st.sets(st.sampled_from(["failure", "huge", "gb18030", "whole_run", "id_within_o3"])),
)
def test_moods_of_frames_together_change_no_message(framing, saying):
    messages = [fakes.astm_message([one], frozenset(saying | framing)) for one in "AB"]
    stream = astm_frames.ENQ + b"".join(fakes.astm_frames_of(messages, frozenset(framing))) + astm_frames.EOT
    assert [step.payload for step in Receiver().feed(stream) if isinstance(step, Keep)] == messages


@pytest.mark.parametrize(("line", "wanted"), [("text", "ID# S-1"), ("astm", "O|1|S-1||^^^GLU")])
def test_the_command_speaks_over_a_serial_line(line, wanted, capsys):
    """The other end of a pair is the laboratory's: it acknowledges as the intake does."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    heard, receiver = bytearray(), Receiver()

    def listen():
        while wanted.encode() not in heard or (line == "astm" and astm_frames.EOT not in heard):
            heard.extend(data := os.read(master, 4096))
            for step in receiver.feed(data) if line == "astm" else ():
                os.write(master, step.reply if isinstance(step, Keep) else step.data)

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    assert fakes.simulate(line, serial=f"{os.ttyname(slave)}?baud=19200", specimens="S-1", mood="crumbs") == 0
    listening.join(10)
    assert wanted.encode() in heard
    assert capsys.readouterr().out == ("acknowledged\n" if line == "astm" else "sent; nobody answers a printed line\n")
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(("words", "code", "says"), [
    ({"protocol": "sheet", "mood": "half"}, 2, "--folder is missing"),
    ({"protocol": "text"}, 2, "--port or --serial is missing"),
    ({"protocol": "astm", "mood": "no_vt"}, 2, "no_vt; there are "),
    ({"protocol": "fax"}, 2, "fax; there are mllp, astm, text, sheet"),
    ({"protocol": "astm", "port": 1}, 2, "Connect call failed"),
])  # fmt: skip
def test_the_command_says_what_is_wrong(words, code, says, capsys):
    assert fakes.simulate(**words) == code
    assert says in capsys.readouterr().err


def test_the_command_puts_files(tmp_path, capsys):
    assert fakes.simulate("sheet", folder=str(tmp_path), specimens="T-1", mood="renamed") == 0
    assert len(list(tmp_path.iterdir())) == len(capsys.readouterr().out.split()) == 2


def test_the_page_lists_every_mood(capsys):
    assert fakes.simulate(list_moods=True) == 0
    assert capsys.readouterr().out.strip() in (ROOT / "docs" / "lab-simulator.md").read_text(encoding="utf-8")
