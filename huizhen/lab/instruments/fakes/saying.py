"""What simulated instruments say: messages as good ones send them, and what moods make of these."""

import zlib
from collections.abc import Sequence

from huizhen.kernel import clock
from huizhen.lab.instruments.codecs import hl7
from huizhen.lab.instruments.fakes.in_text import SPECIMEN
from huizhen.lab.instruments.fakes.mood import Fields, played
from huizhen.lab.instruments.fakes.moods import chosen
from huizhen.lab.instruments.fakes.workbooks import workbook
from huizhen.lab.instruments.profile import CHINA

CALM: frozenset[str] = frozenset()
HEADINGS = ["样本编号", "项目", "结果", "类型"]


def _clock_on_the_wall() -> str:
    """The time as an instrument writes it: that of its place, without saying so."""
    return clock.now().astimezone(CHINA).strftime("%Y%m%d%H%M%S")


def hl7_message(specimens: Sequence[str], moods: frozenset[str] = CALM, *, name: str = "SIMPCR") -> bytes:
    """An OUL^R22 as PCR analyzers send it: one SPM group for each specimen."""
    at, picked = _clock_on_the_wall(), chosen(moods)
    number = f"{zlib.crc32(repr((name, at, *specimens)).encode()):08X}"
    segments = [["MSH", "|", "^~\\&", name, "LAB", "", "", at, "", "OUL^R22^OUL_R22", number, "P", "2.5.1"]]
    test = "SCOV2^SARS-CoV-2^99SIM"
    for place, specimen in enumerate(specimens, start=1):
        segments += [
            ["SPM", str(place), hl7.escape(specimen), "", "SWAB", *[""] * 6, "P"],
            ["OBR", "1", "", "", test],
            ["OBX", "1", "ST", test, "", "Negative", "", "", "N", "", "", "F", "", "", at],
        ]
    return played(picked, "octets", hl7.encode(played(picked, "hl7", segments)))


def astm_message(specimens: Sequence[str], moods: frozenset[str] = CALM, *, name: str = "SIMCHEM") -> bytes:
    """A message of ASTM records: one order with one result for each specimen."""
    at, picked = _clock_on_the_wall(), chosen(moods)
    records: Fields = [["H", "\\^&", "", "", f"{name}^1.0", *[""] * 6, "P", "1", at]]
    for place, specimen in enumerate(specimens, start=1):
        records += [
            ["P", str(place)],
            ["O", "1", specimen, "", "^^^GLU", "R", *[""] * 5, "N", *[""] * 13, "F"],
            ["R", "1", "^^^GLU", "5.9", "mmol/L", "", "N", "", "F", "", "", "", at],
        ]
    records = played(picked, "astm", [*records, ["L", "1", "N"]])
    return played(picked, "octets", "".join("|".join(record) + "\r" for record in records).encode())


def text_message(specimen: str, moods: frozenset[str] = CALM) -> bytes:
    """A printed line between STX and ETX, as small devices say it that speak no protocol."""
    at = clock.now().astimezone(CHINA).strftime("%y/%m/%d %H:%M")
    line = f"\x02{at} ID# {specimen} [B. Plasma] Na 140 mmol/L K 4.1 mmol/L\x03\n"
    return played(chosen(moods), "text", line).encode()


def sheet_file(specimens: Sequence[str], moods: frozenset[str] = CALM) -> bytes:
    """A file as the program of a PCR cycler writes it: CSV, or Excel where a mood wants that."""
    picked = chosen(moods)
    rows = played(picked, "rows", [HEADINGS, *([specimen, "nCoV", "阴性", "标本"] for specimen in specimens)])
    if not moods & {"workbook", "merged"}:
        return played(picked, "octets", "".join(",".join(row) + "\r\n" for row in rows).encode())
    merged = [f"A{place}:A{place + 1}" for place, row in enumerate(rows, start=1) if _is_shared(rows, place, row)]
    return workbook([[_as_number(cell) for cell in row] for row in rows], merged)


def _is_shared(rows: Fields, place: int, row: list[str]) -> bool:
    return place < len(rows) and bool(row[SPECIMEN]) and not rows[place][SPECIMEN]


def _as_number(cell: str) -> str | int:
    """Excel takes digits for a number unless they begin with 0."""
    return int(cell) if cell.isdecimal() and cell[0] != "0" else cell


def astm_query(specimen: str, *, name: str = "SIMCHEM") -> bytes:
    """A question: what is to be done with this specimen?"""
    return f"H|\\^&|||{name}^1.0|||||||P|1\rQ|1|^{specimen}||ALL||||||||O\rL|1|N\r".encode()


def hl7_query(specimen: str, *, name: str = "SIMPCR") -> bytes:
    """QBP^Q11 for one specimen (IHE LAB-27)."""
    header = ["MSH", "|", "^~\\&", name, "LAB", "", "", "", "", "QBP^Q11^QBP_Q11", "7", "P", "2.5.1"]
    return hl7.encode([header, ["QPD", "WOS^Work Order Step^IHE_LABTF", "tag1", hl7.escape(specimen)], ["RCP", "I"]])
