"""The table of moods: every way in which an instrument misbehaves in the field (domain.md §3), by its name."""

from collections.abc import Iterable

from huizhen.lab.instruments.codecs import astm_frames
from huizhen.lab.instruments.fakes import in_astm, in_hl7, in_text, on_the_line
from huizhen.lab.instruments.fakes.mood import Mood, grouped, then, with_comma

LINES = ("mllp", "astm", "text", "sheet")
MLLP, ASTM, TEXT, SHEET = ((line,) for line in LINES)
BOTH, STREAMS = MLLP + ASTM, MLLP + ASTM + TEXT
GLUCOSE = in_hl7.quantity("GLU^Glucose^99SIM", "5.9", "mmol/L")
CREATININE_HL7 = in_hl7.quantity("CREA^Creatinine^99SIM", "1250.5", "umol/L")
CREATININE_ASTM = in_astm.quantity("CREA", "1250.5", "umol/L")
UNKNOWN = "ZZ-999"


class BadMood(ValueError):
    """There is no such way to misbehave on this line."""


WHERE_THE_ID_STANDS = {
    "id_in_sac": Mood("the specimen's id stands in SAC-3 only (Abbott)", MLLP, hl7=in_hl7.id_in_sac),
    "id_in_obr3": Mood("the specimen's id stands in OBR-3, and there is no SPM (Mindray)", MLLP, hl7=in_hl7.id_in_obr3),
    "id_in_obr2": Mood("the specimen's id stands in OBR-2, and there is no SPM (Mindray)", MLLP, hl7=in_hl7.id_in_obr2),
    "id_in_o4": Mood("the id is the third part of O-4, padded with blanks; O-3 is empty (Sysmex)", ASTM,
                     astm=in_astm.id_in_o4),
    "id_within_o3": Mood("O-3 holds rack, padded id and place (Roche)", ASTM, astm=in_astm.id_within_o3),
    "no_id": Mood("the second specimen of the message has no id: its result is nobody's", BOTH,
                  hl7=in_hl7.no_id, astm=in_astm.no_id),
    "two_ids": Mood("one group of results names two specimens: they are nobody's", MLLP, hl7=in_hl7.two_ids),
    "whole_run": Mood("one message with the whole run: controls before and after the specimens", BOTH,
                      hl7=in_hl7.whole_run, astm=in_astm.whole_run),
}  # fmt: skip
WHOSE_IT_IS = {
    "control": Mood("a control and no patient's: SPM-11 Q; H-12 Q; a marked row of a file", MLLP + ASTM + SHEET,
                    hl7=in_hl7.setting("SPM", 11, "Q"), astm=in_astm.setting("H", 12, "Q"), rows=in_text.control),
    "control_order": Mood("a control by its order: O-12 Q", ASTM, astm=in_astm.setting("O", 12, "Q")),
    "msh16_patient": Mood("MSH-16 is 0: a patient's (Mindray)", MLLP, hl7=in_hl7.setting("MSH", 16, "0")),
    "msh16_calibration": Mood("MSH-16 is 1: a calibration (Mindray)", MLLP, hl7=in_hl7.setting("MSH", 16, "1")),
    "msh16_control": Mood("MSH-16 is 2: a control (Mindray)", MLLP, hl7=in_hl7.setting("MSH", 16, "2")),
}  # fmt: skip
WHAT_THE_VALUE_IS = {
    "elsewhere": Mood("the result stands in OBX-8 while OBX-5 says ValueNotSet", MLLP,
                      hl7=in_hl7.saying("ValueNotSet", "Negative")),
    "power": Mood("a mantissa in OBX-5 and its power of ten in OBX-6", MLLP,
                  hl7=in_hl7.quantity("GLU^Glucose^99SIM", "0.59", "10^1^mmol/L")),
    "thousands": Mood("thousands are parted: 1,250.5", BOTH,
                      hl7=then(CREATININE_HL7, in_hl7.changing("OBX", 5, grouped)),
                      astm=then(CREATININE_ASTM, in_astm.changing("R", 4, grouped))),
    "decimal_comma": Mood("a comma for the point: 5,9", BOTH, hl7=then(GLUCOSE, in_hl7.changing("OBX", 5, with_comma)),
                          astm=in_astm.changing("R", 4, with_comma)),
    "other_code": Mood("the test stands in OBX-3.4, and OBX-3.1 is empty", MLLP,
                       hl7=in_hl7.setting("OBX", 3, "^^^SCOV2^SARS-CoV-2^99SIM")),
    "unknown_test": Mood("a code that no catalogue has", BOTH, hl7=in_hl7.testing(f"{UNKNOWN}^Mystery^99SIM"),
                         astm=in_astm.testing(UNKNOWN)),
    "failure": Mood("it was tried and gave nothing: OBX-11 X; O-26 X with a comment and no result; dashes",
                    STREAMS + SHEET, hl7=in_hl7.saying("INVALID", status="X"), astm=in_astm.failure,
                    text=in_text.dashes, rows=in_text.failure),
    "error": Mood("ERROR, marked final", BOTH, hl7=in_hl7.saying("ERROR"), astm=in_astm.saying("ERROR")),
    "invalid": Mood("INVALID, marked final", BOTH, hl7=in_hl7.saying("INVALID"), astm=in_astm.saying("INVALID")),
    "no_result": Mood("NO RESULT, marked final", BOTH, hl7=in_hl7.saying("NO RESULT"),
                      astm=in_astm.saying("NO RESULT")),
}  # fmt: skip
WHAT_MESSAGE_IT_IS = {
    "r30": Mood("ORU^R30: from the bedside, ordered by nobody", MLLP, hl7=in_hl7.bedside("R30", "NW")),
    "r32": Mood("ORU^R32: from the bedside, ordered before", MLLP, hl7=in_hl7.bedside("R32", "RE")),
    "same_control_id": Mood("MSH-10 is 1 in every message", MLLP, hl7=in_hl7.setting("MSH", 10, "1")),
    "enhanced": Mood("enhanced acknowledgement: a commit and an application answer are waited for", MLLP, answers=2,
                     hl7=then(in_hl7.setting("MSH", 15, "AL"), in_hl7.setting("MSH", 16, "AL"))),
    "commit_only": Mood("enhanced acknowledgement: only the commit is waited for", MLLP,
                        hl7=then(in_hl7.setting("MSH", 15, "AL"), in_hl7.setting("MSH", 16, "NE"))),
    "mllp2": Mood("MLLP 2: waits for the commit byte, and sends one for each answer", MLLP),
    "gb18030": Mood("a Chinese name in GB18030 and no label", BOTH + SHEET, hl7=in_hl7.named, astm=in_astm.named,
                    octets=on_the_line.in_gb18030),
    "gb18030_as_ascii": Mood("a Chinese name in GB18030, labelled ASCII", MLLP, octets=on_the_line.in_gb18030,
                             hl7=then(in_hl7.named, in_hl7.setting("MSH", 18, "ASCII"))),
    "huge": Mood("megabytes of base64 in OBX-5; a record of 70,000 bytes", BOTH, hl7=in_hl7.huge,
                 astm=in_astm.curves(in_astm.LONG)),
    "lf": Mood("LF ends the segments, the records, the lines", BOTH + SHEET, octets=on_the_line.ended_by(b"\n")),
    "crlf": Mood("CR and LF end the segments, the records, the lines", BOTH + SHEET,
                 octets=on_the_line.ended_by(b"\r\n")),
}  # fmt: skip
HOW_IT_IS_FRAMED = {
    "no_vt": Mood("MLLP without its first byte", MLLP, blocks=on_the_line.no_vt),
    "no_cr": Mood("MLLP without the CR after FS", MLLP, blocks=on_the_line.no_cr),
    "late_cr": Mood("the CR after FS comes with the next message", MLLP, blocks=on_the_line.late_cr),
    "nuls": Mood("NULs between messages", MLLP + TEXT, blocks=on_the_line.nuls),
    "no_start": Mood("a line of text without the sign that begins it", TEXT, text=in_text.no_start),
    "no_frames": Mood("ASTM records without frames; nothing is waited for", ASTM),
    "no_checksum": Mood("frames without their checksum", ASTM, frames=on_the_line.no_checksum),
    "short_frames": Mood("records cut mid-field by ETB", ASTM, pieces=lambda pieces: on_the_line.cut(pieces, 7)),
    "whole_frame": Mood("a whole message in one frame, however long", ASTM, pieces=on_the_line.joined(1 << 30)),
    "frames_247": Mood("a whole message in full frames of 247 bytes", ASTM, astm=in_astm.curves(900),
                       pieces=on_the_line.joined(astm_frames.TEXT)),
    "frames_64000": Mood("a whole message in full frames of 64,000 bytes", ASTM, astm=in_astm.curves(in_astm.LONG),
                         pieces=on_the_line.joined(astm_frames.LONG_TEXT)),
    "one_session": Mood("all messages in one session, each with frames from 1", ASTM),
    "continued_frames": Mood("all messages in one session, whose frames are numbered on", ASTM),
    "wrong_checksum": Mood("the second frame's checksum is wrong at first", ASTM, strays=on_the_line.wrong_checksum),
    "repeat_frame": Mood("the second frame is sent twice", ASTM, strays=on_the_line.repeat_frame),
    "missing_frame": Mood("the second frame is left out at first", ASTM, strays=on_the_line.missing_frame),
    "keep_alive": Mood("ENQ, EOT and nothing else, first", ASTM, strays=on_the_line.keep_alive),
    "contention": Mood("ENQ against the ENQ of the host, which is waited for; the instrument wins", ASTM),
}  # fmt: skip
HOW_IT_COMES = {
    "crumbs": Mood("byte by byte", STREAMS, writes=on_the_line.crumbs),
    "together": Mood("everything in one write", STREAMS, writes=on_the_line.together),
    "deaf": Mood("no answer is waited for", BOTH),
    "cut": Mood("the line is closed in the middle, then all is sent again", STREAMS),
    "resend": Mood("everything is sent twice", STREAMS),
}
HOW_FILES_COME = {
    "workbook": Mood("an Excel file with text and numbers as ids", SHEET),
    "merged": Mood("an Excel file with merged cells: one id for two tests", SHEET, rows=in_text.merged),
    "half": Mood("half of the file first, the rest after a while", SHEET),
    "renamed": Mood("the same file again under another name", SHEET),
    "rewritten": Mood("other content later under the same name", SHEET),
}
GROUPS = {
    "Where the specimen's id stands": WHERE_THE_ID_STANDS, "Whose it is": WHOSE_IT_IS,
    "What the value is": WHAT_THE_VALUE_IS, "What message it is": WHAT_MESSAGE_IT_IS,
    "How it is framed": HOW_IT_IS_FRAMED, "How it comes": HOW_IT_COMES, "How files come": HOW_FILES_COME,
}  # fmt: skip
MOODS = {name: mood for group in GROUPS.values() for name, mood in group.items()}


def check_moods(words: Iterable[str], line: str = "") -> frozenset[str]:
    """The moods named, which must be had on this line. Raises BadMood."""
    there = {name for name, mood in MOODS.items() if not line or line in mood.on}
    unknown = set(words) - there
    if unknown:
        raise BadMood(f"{', '.join(sorted(unknown))}; there are {', '.join(sorted(there))}")
    return frozenset(words)


def chosen(names: Iterable[str]) -> list[Mood]:
    """Moods by their names, in the table's order: however they were named, the same comes out."""
    wanted = set(names)
    return [mood for name, mood in MOODS.items() if name in wanted]
