"""Calendar files (RFC 5545): an event that any calendar takes in, changes by SEQUENCE, and cancels."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from huizhen.kernel.calendar.working import ZONE

MEDIA_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//Huizhen//Joint consultation//ZH"
MOST_OCTETS = 75
# China has kept one time since 1991 (no summer time); calendars on old phones do not know the zone by name.
TIMEZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:19910915T000000",
    "TZOFFSETFROM:+0900",
    "TZOFFSETTO:+0800",
    "TZNAME:CST",
    "END:STANDARD",
    "END:VTIMEZONE",
)


@dataclass(frozen=True)
class Event:
    """One event. `uid` stays for its life, `sequence` grows with each change; texts hold no health data."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    stamped_at: datetime
    summary: str
    description: str = ""
    url: str = ""
    organiser: str = ""
    cancelled: bool = False


def write_calendar(event: Event) -> bytes:
    """The file: CRLF, lines of at most 75 octets, times in Asia/Shanghai with the zone described."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if event.cancelled else 'PUBLISH'}", *TIMEZONE, "BEGIN:VEVENT", f"UID:{event.uid}",
        f"SEQUENCE:{event.sequence}", f"DTSTAMP:{event.stamped_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID=Asia/Shanghai:{_local(event.starts_at)}", f"DTEND;TZID=Asia/Shanghai:{_local(event.ends_at)}",
        f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}", f"SUMMARY:{escape(event.summary)}",
        *([f"DESCRIPTION:{escape(event.description)}"] if event.description else []),
        *([f"URL:{event.url}"] if event.url else []),
        *([f"ORGANIZER:{event.organiser}"] if event.organiser else []),
        *(() if event.cancelled else _alarm(event)), "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{folded}\r\n" for line in lines for folded in fold(line)).encode()


def escape(text: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line breaks are escaped; other control signs go."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    plain = plain.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(sign for sign in plain if sign >= " " or sign == "\t")


def fold(line: str) -> Iterable[str]:
    """A line in pieces of at most 75 octets, never inside a character; every further piece begins with a space."""
    piece, room = "", MOST_OCTETS
    for sign in line:
        size = len(sign.encode())
        if size > room:
            yield piece
            piece, room = " ", MOST_OCTETS - 1
        piece += sign
        room -= size
    yield piece


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y%m%dT%H%M%S}"


def _alarm(event: Event) -> tuple[str, ...]:
    return ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", f"DESCRIPTION:{escape(event.summary)}", "END:VALARM")
