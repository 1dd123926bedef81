"""Patients, documents and images as the pages want them. Numbers are masked here, and nowhere else unmasked."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from huizhen.console.consult.joint import links
from huizhen.console.days import day as day
from huizhen.console.shapes import Attachment, Badge, Crumb, Person, Series
from huizhen.kernel import clock
from huizhen.kernel.access import Actor
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.acting import day_of
from huizhen.records.imaging import queries as imaging
from huizhen.records.imaging.rules import WARNINGS
from huizhen.records.patients import rules
from huizhen.records.patients.access import visible_places
from huizhen.records.patients.naming import Registered, get_name_for, may_name

KINDS = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG", "image/heic": "HEIC",
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word"}  # fmt: skip
KIB, MIB = 2**10, 2**20


def line_of(patient: Any, at: datetime) -> str:
    """Sex and age in one line."""
    years = rules.age(patient.birth_on, day_of(at))
    told = ngettext("%(sex)s, %(years)d year old", "%(sex)s, %(years)d years old", years)
    return told % {"sex": patient.get_sex_display(), "years": years}


def name_and_line(actor: Actor, patient: Any, at: datetime) -> str:
    """Name, sex and age, as far as the reader may know them."""
    return f"{get_name_for(actor, patient, at=at)} {line_of(patient, at)}"


def crumbs(actor: Actor, patient: Any, *last: str) -> list[Crumb]:
    """The way back from a page below a patient; who reads by consent alone has no list of patients to go back to."""
    href, name = reverse("patient", args=[patient.id]), get_name_for(actor, patient, at=clock.now())
    start = [Crumb(_("Patients"), reverse("patients"))] if not actor.memberships or visible_places(actor) else []
    return [*start, Crumb(name, href if last else ""), *map(Crumb, last)]


def crumbs_from(actor: Actor, asked: str, patient: Any, last: str) -> list[Crumb]:
    """The way back from a piece of the record to the consultation `?case=` it was opened from, else to the patient."""
    case_id = case_of(asked)
    return [Crumb(_("Consultation"), links.case(case_id)), Crumb(last)] if case_id else crumbs(actor, patient, last)


def case_of(text: str) -> UUID | None:
    """The consultation that a page of the record was opened from, by its `?case=`."""
    try:
        return UUID(text)
    except ValueError:
        return None


def along(asked_for: UUID | None, before: str = "?") -> str:
    """What an address carries so that the page behind it is opened from the consultation too, by its consent."""
    return f"{before}case={asked_for}" if asked_for else ""


def person(actor: Actor, patient: Any, at: datetime, *, open_numbers: bool = False) -> dict[str, Any]:
    """The facts of a patient; identity number and phone masked unless they were asked for. Who need not know whose
    record it is reads neither of them, and of the name the beginning."""
    known = may_name(actor, Registered(patient.id, patient.organisation_id), at=at)
    number, phone = patient.identity_number, patient.phone.removeprefix("+86")
    if not known:
        number, phone, open_numbers = "", "", False
    return {
        "id": patient.id,
        "name": patient.name if known else rules.mask_name(patient.name),
        "line": f"{line_of(patient, at)} · {get_full_name(patient.organisation_id)}",
        "birth": day(patient.birth_on),
        "sex": patient.get_sex_display(),
        "identity_kind": patient.get_identity_kind_display(),
        "identity": (number if open_numbers else rules.mask_number(number)) or _("none"),
        "phone": (phone if open_numbers else rules.mask_phone(patient.phone)) if phone else _("none"),
        "open": open_numbers,
    }


def guardian(row: Any) -> dict[str, Any]:
    """One guardian with the address that ends it."""
    end = reverse("guardian-end", args=[row.patient_id, row.account_id])
    name = row.account.name or rules.mask_phone(row.account.phone)
    return {"person": Person(name, row.get_relation_display()), "end": end}


def size(count: int) -> str:
    """A length in bytes as people read it."""
    return f"{count / MIB:.1f} MB" if count >= MIB else f"{max(1, round(count / KIB))} KB"


def document(row: Any) -> Attachment:
    """One document of a list."""
    about = [row.get_kind_display(), KINDS.get(row.file.media_type, ""), size(row.file.size), day(row.taken_on)]
    href = reverse("document", args=[row.id])
    return Attachment(row.title, href, " · ".join(filter(None, map(str, about))), row.id)


def series(studies: Iterable[Any]) -> list[Series]:
    """The series of studies as tiles, one query for all of them."""
    return [one for _study, tiles in series_of(studies) for one in tiles]


def series_by_day(studies: Iterable[Any]) -> list[tuple[str, list[Series]]]:
    """The same under the days the studies were taken on, in the order of the studies."""
    days: dict[str, list[Series]] = {}
    for study, tiles in series_of(studies):
        days.setdefault(day(study.taken_on) or _("Day unknown"), []).extend(tiles)
    return list(days.items())


def series_of(studies: Iterable[Any]) -> list[tuple[Any, list[Series]]]:
    """Each study with its series as tiles; two queries for all of them."""
    studies = list(studies)
    rows: dict[UUID, list[Any]] = defaultdict(list)
    short = imaging.list_shortfalls([study.id for study in studies])
    for row in imaging.list_series_of([study.id for study in studies]):
        rows[row.study_id].append(row)
    return [(study, [tile(study, row, short.get(study.id)) for row in rows[study.id]]) for study in studies]


def tile(study: Any, row: Any, short: imaging.Shortfall | None = None) -> Series:
    """One series: its middle image, and what must not be overlooked about its study."""
    count = row.images or 1
    thumb = f"{frames_base(row.id)}{(count + 1) // 2}.png?window=auto&size=160"
    images = ngettext("%(count)d image", "%(count)d images", count) % {"count": count}
    about = " · ".join(filter(None, [row.modality, day(study.taken_on), images]))
    warnings = [str(WARNINGS[code]) for code in study.warnings if code in WARNINGS] + shortfall(short)
    return Series(reverse("series", args=[row.id]), thumb, label_of(study, row), count, about, tuple(warnings))


def shortfall(short: imaging.Shortfall | None) -> list[str]:
    """Sentences about what seems to be missing of a study."""
    if short is None:
        return []
    holes = ngettext("%(n)d image seems to be missing between the others.",
                     "%(n)d images seem to be missing between the others.", short.holes)  # fmt: skip
    promised = ngettext("The disc or archive names %(n)d image more than came.",
                        "The disc or archive names %(n)d images more than came.", short.promised)  # fmt: skip
    return [says % {"n": n} for n, says in ((short.promised, promised), (short.holes, holes)) if n]


def label_of(study: Any, row: Any) -> str:
    """What a series is called: as the machine named it, else its body part or kind."""
    number = _("Series %(number)s") % {"number": row.number} if row.number is not None else _("Series")
    return row.description or study.description or row.body_part or number


def frames_base(series_id: UUID) -> str:
    """Where the images of a series lie; a number and `.png` follow."""
    return reverse("frame", args=[series_id, 1]).removesuffix("1.png")


def consent(row: Any, at: datetime) -> dict[str, Any]:
    """One consent: for what, who, what, until when, and whether it holds."""
    case_over = row.case is not None and row.case.closed_at is not None
    active = row.withdrawn_at is None and row.until > at and not case_over
    ended_at = (
        row.withdrawn_at or (row.case.closed_at if case_over else None) or (None if row.until > at else row.until)
    )
    return {
        "id": row.id,
        "purpose": row.get_purpose_display(),
        "number": row.case.number if row.case else "",
        "in_joint": row.case is not None and row.case.kind == "consult.joint",
        "who": reader_of(row),
        "what": pgettext("between the items of a list", ", ").join(scope_of(row)),
        "how": row.get_evidence_display(),
        "given_at": row.given_at,
        "until": None if row.case else row.until,
        "lasts": _("the referral ends") if in_referral(row) else _("the consultation ends"),
        "until_at": row.until,
        "active": active,
        "withdrawn": row.withdrawn_at is not None,
        "again": row.withdrawn_at is not None and row.until > at and not case_over,
        "ended_at": None if active else ended_at,
        "state": Badge(_("In force")) if active else Badge(_("Ended"), "ended"),
    }


def reader_of(row: Any) -> str:
    """Whom a consent lets read."""
    if row.account:
        return row.account.name
    if row.organisation:
        return row.organisation.name
    return (
        _("The hospital that receives this referral")
        if in_referral(row)
        else _("Everybody who works on this consultation")
    )


def in_referral(row: Any) -> bool:
    """Whether a consent is for a referral: another hospital reads by it, until the referral ends."""
    return row.case is not None and row.case.kind == "consult.referral"


def scope_of(row: Any) -> list[str]:
    """What a consent opens, in words."""
    names = dict(row._meta.get_field("scope").base_field.choices)
    return [str(names.get(code, code)) for code in row.scope]


def added(count: int) -> str:
    """What is said when documents were added."""
    return ngettext("The document is added.", "%(count)d documents are added.", count) % {"count": count}


def as_uuid(text: str) -> UUID:
    """An id of a form. Raises Http404 for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
