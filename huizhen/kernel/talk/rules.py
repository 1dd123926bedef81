"""What may be said, and who sees it. No database here."""

from huizhen.kernel.talk.models import Audience, Kind

LONGEST = 4000
MOST_FILES = 9

SEEN_BY: dict[str, tuple[str, ...]] = {
    Audience.PATIENT: (Audience.PATIENT,),
    Audience.STAFF: (Audience.PATIENT, Audience.STAFF),
    Audience.PANEL: (Audience.PATIENT, Audience.STAFF, Audience.PANEL),
    Audience.TEAM: (Audience.PATIENT, Audience.STAFF, Audience.PANEL, Audience.TEAM),
}
NEEDS_FILE = frozenset({Kind.PICTURE, Kind.FILE, Kind.VOICE})


class Empty(ValueError):
    """The message has neither words nor the file that its kind promises."""


class TooLong(ValueError):
    """The message has more than 4,000 characters or more than nine files."""


def check_content(kind: str, body: str, files: int) -> None:
    """Whether this may be said.

    Raises:
        Empty: nothing to say, or a picture, file or voice without its file.
        TooLong: too much at once.
        ValueError: a kind that does not exist.
    """
    if kind not in Kind.values:
        raise ValueError(kind)
    if len(body) > LONGEST or files > MOST_FILES:
        raise TooLong
    if kind in NEEDS_FILE and not files:
        raise Empty
    if not files and not body.strip():
        raise Empty


def audiences_of(reader: str) -> tuple[str, ...]:
    """The audiences whose messages a reader sees; the reader is `patient`, `staff`, `panel` or `team`."""
    return SEEN_BY[reader]
