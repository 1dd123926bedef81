"""What a report says, as plain values: the interface between a case and its paper."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Stance(StrEnum):
    """How far an opinion goes along with the joint conclusion; from the mildest to the strongest."""

    AGREE = "agree"
    PARTLY = "partly"
    DISSENT = "dissent"


class Sex(StrEnum):
    """Administrative gender as FHIR R4 codes it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Person:
    """A doctor as the report names one. `key` identifies the practitioner (an id as text), it is never printed."""

    key: str
    name: str
    title: str = ""
    department: str = ""
    hospital: str = ""


@dataclass(frozen=True)
class Patient:
    """The person the report is about. `identity_masked` comes masked: the paper travels."""

    name: str
    sex: Sex = Sex.UNKNOWN
    born_on: date | None = None
    identity_masked: str = ""
    record_number: str = ""


@dataclass(frozen=True)
class Material:
    """One thing the experts had before them; `kind` is a word for the reader (CT, blood test …)."""

    kind: str
    name: str
    taken_on: date | None = None
    source: str = ""


@dataclass(frozen=True)
class Picture:
    """A key image: PNG or JPEG bytes as shown to the experts, with one line beneath it."""

    data: bytes = field(repr=False)
    caption: str = ""


@dataclass(frozen=True)
class OpinionText:
    """One expert's signed opinion. Texts are plain; a line break starts a new paragraph.

    `stance` is the expert's own word, `chair_stance` how the chair reads the opinion (None: as the expert said).
    `statement` and `signature` are the signed bytes (see statements.py) and their detached CMS signature; both are
    attached to the PDF where present.
    """

    id: str
    expert: Person
    findings: str
    assessment: str
    advice: str
    signed_at: datetime
    stance: Stance = Stance.AGREE
    stance_reason: str = ""
    chair_stance: Stance | None = None
    chair_reason: str = ""
    statement: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the conclusion or advice, and the ids of the opinions it comes from; none: the chair's own."""

    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dissent:
    """An opinion that does not go along, in its author's words. `marked_by_chair`: the author had not said so."""

    opinion: str
    stance: Stance
    reason: str
    text: str
    marked_by_chair: bool = False


@dataclass(frozen=True)
class ReportDraft:
    """What the chair edits before signing. `transfer`: the chair advises to refer the patient to a hospital."""

    conclusion: tuple[Paragraph, ...]
    advice: tuple[Paragraph, ...]
    dissents: tuple[Dissent, ...]
    transfer: bool = False


@dataclass(frozen=True)
class Correction:
    """This report replaces version `of_version`, signed at `signed_at`, whose signed PDF has SHA-256 `digest` (hex)."""

    of_version: int
    signed_at: datetime
    digest: str
    reason: str


@dataclass(frozen=True)
class ReportContent:
    """Everything on the paper. `demonstration` prints that neither people nor signatures are real; `code` is what
    `verify_url` ends in, to be typed by whoever cannot scan; `cosigners` sign after the chair."""

    centre: str
    case_number: str
    verify_url: str
    patient: Patient
    applicant: Person
    applied_at: datetime
    purpose: str
    question: str
    summary: str
    chair: Person
    draft: ReportDraft
    opinions: tuple[OpinionText, ...]
    materials: tuple[Material, ...] = ()
    pictures: tuple[Picture, ...] = ()
    urgent: bool = False
    version: int = 1
    correction: Correction | None = None
    demonstration: bool = False
    code: str = ""
    cosigners: tuple[Person, ...] = ()
