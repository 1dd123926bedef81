"""One call from a letter's content to the signed PDF."""

import hashlib
from datetime import datetime
from importlib.resources import files
from typing import Any

from huizhen.consult.joint.report import wording as shared
from huizhen.consult.joint.report.attribution import split_paragraphs
from huizhen.consult.joint.report.codes import show_code
from huizhen.consult.joint.report.ports import Appearance, Signer
from huizhen.consult.joint.report.produce import SignedReport, to_identity
from huizhen.consult.joint.report.sheet import ZONE, format_age, format_time
from huizhen.consult.joint.report.typeset import Place, Typeset, to_place, typeset_face, wrap_picture
from huizhen.consult.referrals.letter import wording
from huizhen.consult.referrals.letter.content import LetterContent
from huizhen.kernel.paper import typeset as paper
from huizhen.kernel.paper.typeset import Sources

TEMPLATES = files("huizhen.consult.referrals.letter") / "templates"
STANDARD = "a-2b"


def preview_letter(content: LetterContent, *, language: str, at: datetime) -> bytes:
    """The letter as it would be signed; the place of the signature says that it is not yet. Raises BadPicture."""
    return typeset(content, language=language, at=at, preview=True).pdf


def sign_letter(content: LetterContent, *, signer: Signer, language: str, at: datetime) -> SignedReport:
    """Typeset a letter and sign it in the referring doctor's name.

    Raises:
        BadPicture: a key image cannot be read. SigningRefused: the doctor has no usable certificate, or no time stamp.
    """
    sheet, doctor = typeset(content, language=language, at=at), to_identity(content.doctor)
    face = typeset_face(
        name=content.doctor.name, about=_about(content), at=at, serial=signer.get_serial(doctor, at=at),
        demonstration=signer.demonstration, language=language,
    )  # fmt: skip
    signed = signer.sign(
        sheet.pdf, identity=doctor, reason=content.case_number, at=at, appearance=_appearance(sheet.place, face),
        field="Doctor",
    )  # fmt: skip
    return SignedReport(signed, hashlib.sha256(signed).hexdigest(), sheet.pages)


def typeset(content: LetterContent, *, language: str, at: datetime, preview: bool = False) -> Typeset:
    """Typeset a letter in `language` (`zh-hans` or `en`); the same content and `at` give the same bytes. Only a
    `preview` says that it is not signed yet."""
    wrapped = [wrap_picture(picture.data, number) for number, picture in enumerate(content.pictures, 1)]
    pictures = {f"picture-{number}.svg": picture for number, picture in enumerate(wrapped, 1)}
    sources = Sources(
        (TEMPLATES / "letter.typ").read_bytes(),
        lay_out(content, language=language, at=at) | {"pictures": list(pictures), "preview": preview},
        {"qr.svg": paper.draw_qr(content.verify_url), **pictures},
    )
    found = paper.find(sources, "<signature-place>")
    return Typeset(paper.typeset(sources, at=at, standard=STANDARD), found["pages"], to_place(found))


def lay_out(content: LetterContent, *, language: str, at: datetime) -> dict[str, Any]:
    """The template's data: only text, numbers, lists and mappings."""
    labels, headings = wording.get_labels(language), wording.PIECES
    if content.unreported is not None:
        headings = headings | {"opinion": wording.OPINIONS}
    pieces = shared.get_labels(language, headings)
    return {
        "language": "zh" if language.startswith("zh") else "en", "labels": labels, "hospital": content.hospital,
        "target": content.target, "case": content.case_number, "joint": content.joint_number, "urgent": content.urgent,
        "demonstration": content.demonstration, "url": content.verify_url, "code": show_code(content.code),
        "written_at": format_time(at), "patient": content.patient.name, "facts": _facts(content, labels, language, at),
        "pieces": [
            {"label": pieces[one.key], "text": split_paragraphs(one.text), "source": one.source}
            for one in content.pieces
            if one.text.strip()
        ],
        "notice": _notice(content, labels),
        "captions": [one.caption for one in content.pictures],
        "doctor": {"name": content.doctor.name, "about": _about(content)},
    }  # fmt: skip


def _notice(content: LetterContent, labels: dict[str, str]) -> str:
    if content.unreported is None:
        return ""
    return labels["unreported"].format(who=content.unreported) if content.unreported else labels["unsaid"]


def _facts(content: LetterContent, labels: dict[str, str], language: str, at: datetime) -> list[list[str]]:
    patient = content.patient
    sex = shared.say(shared.SEXES[patient.sex], language)
    age = format_age(patient.born_on, at.astimezone(ZONE).date(), language) if patient.born_on else ""
    return [
        [labels["name"], patient.name],
        [labels["sex_age"], " · ".join(part for part in (sex, age) if part)],
        [labels["born"], patient.born_on.isoformat() if patient.born_on else "—"],
        [labels["identity"], patient.identity_masked or "—"],
    ]


def _about(content: LetterContent) -> str:
    doctor = content.doctor
    return " · ".join(part for part in (doctor.title, doctor.department, doctor.hospital) if part)


def _appearance(place: Place, face: bytes) -> Appearance:
    return Appearance(place.page, (place.left, place.bottom, place.right, place.top), face)
