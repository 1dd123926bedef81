"""What a letter says, as plain values: the interface between a referral and its paper."""

from dataclasses import dataclass

from huizhen.consult.joint.report.content import Patient, Person, Picture


@dataclass(frozen=True)
class Piece:
    """One piece of the letter: its key (`rules.PIECES`), its words, and where they come from, in words."""

    key: str
    text: str
    source: str


@dataclass(frozen=True)
class LetterContent:
    """Everything on the letter. `hospital` writes, `target` receives; `joint_number` is the consultation's number;
    `unreported`: no joint report was signed, and these experts' opinions (maybe nobody's) are all there is;
    `demonstration` prints that neither people nor signatures are real."""

    hospital: str
    target: str
    case_number: str
    joint_number: str
    verify_url: str
    code: str
    patient: Patient
    doctor: Person
    pieces: tuple[Piece, ...]
    pictures: tuple[Picture, ...] = ()
    unreported: str | None = None
    urgent: bool = False
    demonstration: bool = False
