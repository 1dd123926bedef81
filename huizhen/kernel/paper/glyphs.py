"""The fonts of the paper, and what can be set in them: a report never shows an empty box where a name should be."""

import re
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path

import typst
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Sans CJK SC"
PACKAGES = ("manimgx_fonts_cjk", "manimgx_fonts")
LONGEST_WORD = 18
# Marks that turn the reading direction of what follows: they can make a printed dose read as another.
DECEIVING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
# Joiners and variation selectors have no shape of their own, and need none.
SHAPELESS = {0x200B, 0x200C, 0x200D, 0x00AD, 0x2060, 0x034F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
WORD = re.compile(r"[^\s\u200b\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")


def get_font_folders() -> list[Path]:
    """Return the folders of the wheels that carry the fonts."""
    return [Path(str(files(package))) for package in PACKAGES]


@cache
def get_fonts() -> typst.Fonts:
    """Return the searched fonts, once per process; the machine's own are left out so that a paper looks the same
    everywhere."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in get_font_folders()],
    )


@cache
def get_families() -> tuple[str, ...]:
    """Return the font families, the Chinese one first, then the others in which its gaps are filled."""
    return (FACE, *sorted(family for family in get_fonts().families() if "CJK" not in family))


@cache
def get_covered() -> frozenset[int]:
    """Return every code point that has a shape in one of the fonts (about 50,000)."""
    covered: set[int] = set()
    for path in sorted(path for folder in get_font_folders() for path in folder.glob("*.[ot]t[fc]")):
        with _open_first(path) as font:
            covered.update(font.getBestCmap())
    return frozenset(covered)


def _open_first(path: Path) -> TTFont:
    """The members of the CJK collection share one set of characters; reading the first is enough."""
    return TTCollection(path, lazy=True).fonts[0] if path.suffix == ".ttc" else TTFont(path, lazy=True)


def make_printable(text: str) -> str:
    """Return `text` as it can be printed: nothing unseen, nothing turned round, nothing lost without a trace.

    Control and direction marks go, a character without a shape in our fonts is written as its code `[U+1F9FF]`,
    and a very long word gets places where it may break.
    """
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    shown = "".join(_show(character) for character in normal.replace("\r\n", "\n").replace("\r", "\n"))
    return WORD.sub(_allow_breaks, shown)


def _show(character: str) -> str:
    code = ord(character)
    if character == "\n":
        return character
    if unicodedata.category(character) in ("Zs", "Zl", "Zp") or character == "\t":
        return " " if character not in "\u00a0\u3000" else character
    if code in SHAPELESS:
        return character
    if unicodedata.category(character) == "Cc" or code in DECEIVING:
        return ""
    return character if code in get_covered() else f"[U+{code:04X}]"


def _allow_breaks(match: re.Match) -> str:
    """Other scripts get longer pieces, and no break before a mark that sits on the letter before it."""
    word = match[0]
    longest = LONGEST_WORD if word.isascii() else 2 * LONGEST_WORD
    pieces = [""]
    for character in word:
        sits = unicodedata.category(character)[0] == "M" or ord(character) in SHAPELESS or pieces[-1][-1:] == "\u200d"
        if len(pieces[-1]) >= longest and not sits:
            pieces.append("")
        pieces[-1] += character
    return "\u200b".join(pieces)
