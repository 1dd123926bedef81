"""What a letter is filled with, piece by piece with its source, and what it needs before it may be signed. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from huizhen.consult.joint.report.content import OpinionText, Paragraph
from huizhen.kernel.flow.language import Refused

# The pieces in the order of the paper; those named in `NEEDED` may not be empty.
PIECES = ("question", "course", "findings", "opinion", "advice", "medicines", "note")
NEEDED = ("question", "opinion")
# Sources of a letter from a consultation that was referred before its report: opinions, or not even one.
UNREPORTED, UNSAID = "unreported", "unsaid"
LONGEST = 4000
# A sentence that speaks of a medicine: a dose, or a word of taking it.
# house: chinese, because doctors write doses so
DOSE = r"\d\s*(?:mg|μg|ug|g|ml|毫克|微克|克|毫升|片|粒|支|单位)(?![a-z])"
# house: chinese, because doctors write of medicines so
MEDICINE = re.compile(DOSE + r"|服用|口服|用药|注射|吸入|静滴|胰岛素|[\u4e00-\u9fff]药", re.I)
# house: chinese, because sentences end so
SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
# house: chinese, because names are listed so on a Chinese paper
COMMA = "、"


@dataclass(frozen=True)
class Given:
    """What the consultation has to say: the application's words, the signed report's paragraphs, the opinions. Without
    a `version` no report was signed, and the opinions signed so far are all there is."""

    number: str
    question: str
    summary: str
    version: int | None
    conclusion: Sequence[Paragraph]
    advice: Sequence[Paragraph]
    opinions: Sequence[OpinionText]


def fill(given: Given) -> list[dict[str, Any]]:
    """The letter's first words, each piece with where they come from."""
    asked = {"of": "application", "number": given.number}
    who = COMMA.join(one.expert.name for one in given.opinions)
    said = {"of": "opinions", "number": given.number, "who": who} if who else {"of": "doctor"}
    medicines, (opinion, advice, joint) = list_medicines(given.summary), _answer(given, who)
    texts = {
        "question": (given.question, asked),
        "course": (given.summary, asked),
        "findings": (_join(f"{one.expert.name}：{one.findings}" for one in given.opinions if one.findings), said),
        "opinion": (opinion, joint),
        "advice": (advice, joint),
        "medicines": (medicines, asked if medicines else {"of": "doctor"}),
        "note": ("", {"of": "doctor"}),
    }  # fmt: skip
    return [
        {"key": key, "text": texts[key][0].strip()[:LONGEST], "first": texts[key][0].strip()[:LONGEST],
         "source": texts[key][1]}
        for key in PIECES
    ]  # fmt: skip


def _answer(given: Given, who: str) -> tuple[str, str, dict[str, Any]]:
    """Opinion and advice of the letter, and where they come from: the signed report; else each expert's own words so
    far under the expert's name, with where they differ; else nothing, which the letter says too."""
    if given.version is not None:
        source = {"of": "report", "number": given.number, "version": given.version}
        return _join(one.text for one in given.conclusion), _join(one.text for one in given.advice), source
    source = {"of": UNREPORTED if who else UNSAID, "number": given.number, "who": who}
    opinion = _join(f"{one.expert.name}：{_assess(one)}" for one in given.opinions)
    advice = _join(f"{one.expert.name}：{one.advice}" for one in given.opinions if one.advice.strip())
    return opinion, advice, source


def _assess(opinion: OpinionText) -> str:
    return f"{opinion.assessment}（{opinion.stance_reason}）" if opinion.stance_reason.strip() else opinion.assessment


def find_unreported(pieces: Iterable[dict[str, Any]]) -> str | None:
    """Where no report was signed: whose opinions the letter rests on, empty where nobody had signed one. Else None."""
    sources = [one["source"] for one in pieces if one["key"] == "opinion"]
    return next((source["who"] for source in sources if source["of"] in (UNREPORTED, UNSAID)), None)


def list_medicines(text: str) -> str:
    """The sentences of a text that speak of medicines, one a line."""
    return _join(one.strip() for one in SENTENCE.findall(text) if MEDICINE.search(one))


def rewrite(pieces: Iterable[dict[str, Any]], texts: dict[str, str]) -> list[dict[str, Any]]:
    """The pieces with new words; sources and first words stay. A browser sends line ends of its own: nobody's edit."""
    written = {key: text.replace("\r\n", "\n") for key, text in texts.items()}
    return [{**one, "text": written.get(one["key"], one["text"]).strip()[:LONGEST]} for one in pieces]


def is_edited(piece: dict[str, Any]) -> bool:
    """Whether the doctor changed what the piece was filled with."""
    return bool(piece["text"] != piece["first"])


def check_letter(referral: Any, data: dict[str, Any]) -> None:
    """What is needed stands in the letter, and it is not signed yet."""
    if referral.approved_at:
        raise Refused("letter_signed")
    written = {one["key"]: one["text"] for one in referral.content.get("pieces", ())}
    if any(not written.get(key, "").strip() for key in NEEDED):
        raise Refused("letter_empty")


def _join(parts: Iterable[str]) -> str:
    return "\n".join(part.strip() for part in parts if part.strip())
