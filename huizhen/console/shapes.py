"""What the pages and components are given. Views build these from `queries`; templates know nothing else."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Step:
    """One line in the explanation of a due time: when, and what happened to the clock then."""

    at: datetime
    says: Any


@dataclass(frozen=True)
class Due:
    """A deadline that can explain itself. `calendar` says which hours count; `paused_at` is set while it stands."""

    at: datetime
    label: Any = ""
    calendar: Any = ""
    steps: tuple[Step, ...] = ()
    paused_at: datetime | None = None
    paused_why: Any = ""


@dataclass(frozen=True)
class Person:
    """Somebody by name, with what they are in one line (`Chief physician, radiology · City First Hospital`)."""

    name: Any
    line: Any = ""


@dataclass(frozen=True)
class Badge:
    """A state in its label. `tone`: going, waiting or ended."""

    label: Any
    tone: str = "going"


@dataclass(frozen=True)
class Act:
    """Something that can be done. `href` opens a page; `action` is posted to. `grave` asks first, with `confirm`."""

    label: Any
    href: str = ""
    action: str = ""
    opens: str = ""
    grave: bool = False
    confirm: Any = ""
    detail: Any = ""


@dataclass(frozen=True)
class Next:
    """The one thing to do now. `mine` false: somebody else has the ball and the panel says whom we wait for."""

    title: Any
    text: Any = ""
    mine: bool = True
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One line of a timeline, its sentence already formed."""

    at: datetime
    says: Any
    reason: str = ""
    now: bool = False


@dataclass(frozen=True)
class Attachment:
    """A file that can be opened. `about` is kind and size in words; `remove` is posted to, where it may be removed."""

    name: str
    href: str = ""
    about: Any = ""
    id: Any = ""
    remove: str = ""


@dataclass(frozen=True)
class Bubble:
    """One message of a conversation. `kind`: text or system. `retract` is posted to where the reader may retract it."""

    at: datetime
    who: Person | None = None
    body: str = ""
    own: bool = False
    kind: str = "text"
    retracted: bool = False
    files: tuple[Attachment, ...] = ()
    retract: str = ""
    only: Any = ""


@dataclass(frozen=True)
class Row:
    """One case in a worklist. `subject` is what it is about; `patient` as far as the reader may know."""

    href: str
    number: str
    kind: Any
    subject: str
    state: Badge
    patient: str = ""
    owner: Any = ""
    since: datetime | None = None
    due: Due | None = None
    urgent: bool = False
    late: bool = False
    organisation: str = ""


@dataclass(frozen=True)
class Tab:
    """One tab; `count` empty where it is not worth a query."""

    label: Any
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Crumb:
    """One step of the way back; the last one has no address."""

    label: Any
    href: str = ""


@dataclass(frozen=True)
class Series:
    """An imaging series as a tile; `thumb` is the middle frame."""

    href: str
    thumb: str
    label: str
    count: int
    about: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opinion:
    """An expert's own opinion. Unsigned ones are shown as waiting, with `due`."""

    expert: Person
    signed_at: datetime | None = None
    findings: str = ""
    advice: str = ""
    dissent: bool = False
    chair: bool = False
    due: Due | None = None
    assessment: str = ""
    differs: str = ""
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ReportVersion:
    """One signed version of the report; `correction_of` names the one it replaces, `verify` is its public page."""

    number: int
    signed_at: datetime
    by: Person
    pdf: str
    summary: str = ""
    advice: str = ""
    correction_of: int | None = None
    why: str = ""
    verify: str = ""
    code: str = ""


@dataclass(frozen=True)
class Field:
    """A form field for `<c-field>`, the same attributes as Django's bound field where a view has no form."""

    name: str
    label: Any
    value: Any = ""
    help_text: Any = ""
    errors: tuple[Any, ...] = ()
    required: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
