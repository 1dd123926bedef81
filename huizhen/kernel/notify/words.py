"""From a kind and its context to the words somebody reads, in their language and their time zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from huizhen.kernel.notify.kinds import ALLOWED, BadContext, get_kind
from huizhen.kernel.notify.models import Notification

LONGEST_WORD = 120
LONGEST_SHORT = 35  # characters a variable of an SMS may have
NUMBER = "%(number)s"
LOOSE = " ·,:，、：；（("
HOME = "/"


@dataclass(frozen=True)
class Text:
    """A message ready to leave. `short` is for services that take a few words only, such as SMS, and show the number
    beside them: it holds no number."""

    title: str
    body: str
    link: str
    number: str = ""
    short: str = ""
    key: str = ""


def plain_context(context: dict[str, Any]) -> tuple[dict[str, Any], UUID | None]:
    """A context as it is stored, and the case it is about.

    Lazy translations are stored as what they translate, so that each reader gets their own language.

    Raises:
        BadContext: a key that is not allowed, or a value that is long enough to hold a story.
    """
    kept = dict(context)
    case = kept.pop("case", None)
    unknown = set(kept) - ALLOWED
    if unknown:
        raise BadContext(f"not allowed in a notification: {', '.join(sorted(unknown))}")
    return {name: _plain(name, value) for name, value in kept.items()}, UUID(str(case)) if case else None


def _plain(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Promise):
        with translation.override(None):
            value = str(value)
    text = str(value)
    if len(text) > LONGEST_WORD:
        raise BadContext(f"{name} is longer than {LONGEST_WORD} characters")
    return text


def render(notification: Notification, channel: str, *, language: str, time_zone: str) -> Text:
    """One notification in the reader's words."""
    kind = get_kind(notification.kind)
    with translation.override(language), timezone.override(ZoneInfo(time_zone)):
        link = kind.link(notification.context) if kind.link else notification.context.get("link", HOME)
        address = urljoin(settings.PUBLIC_URL + "/", link.lstrip("/"))
        words = _localised(notification.context)
        title = str(kind.title) % words
        body = str(kind.texts.get(channel, kind.body)) % words
        short = shorten(without_number(str(kind.title)) % words, LONGEST_SHORT)
    return Text(title, body, address, number=notification.context.get("number", ""), short=short)


def render_bundle(notifications: Sequence[Notification], channel: str, *, language: str, time_zone: str) -> Text:
    """Several notifications of one case as one message: the newest is the title, all are listed in order."""
    texts = [render(n, channel, language=language, time_zone=time_zone) for n in notifications]
    newest = texts[-1]
    if len(texts) == 1:
        return newest
    with translation.override(language):
        more = _("%(title)s (and %(count)d earlier updates)") % {"title": newest.title, "count": len(texts) - 1}
        rest = _(", and %(count)d earlier updates") % {"count": len(texts) - 1}
    short = shorten(newest.short, LONGEST_SHORT - len(rest)) + rest
    return Text(more, "\n".join(text.body for text in texts), newest.link, number=newest.number, short=short)


def without_number(title: str) -> str:
    """A title's template without the case's number, and without what joined the number to it."""
    before, found, after = title.partition(NUMBER)
    if not found:
        return title
    before, after = before.rstrip(LOOSE), after.lstrip()
    words = before[-1:].isascii() and before and after[:1].isascii() and after[:1].isalnum()
    return f"{before} {after}" if words else f"{before}{after}"


def shorten(text: str, size: int) -> str:
    """At most so many characters, cut between words where there are any, with an ellipsis for what is left out."""
    if len(text) <= size:
        return text
    kept = text[: size - 1]
    if " " in kept and text[size - 1].isascii() and text[size - 1] != " ":
        kept = kept.rpartition(" ")[0]
    return kept.rstrip(LOOSE) + "…"


def _localised(context: dict[str, str]) -> dict[str, str]:
    words = dict.fromkeys(ALLOWED, "") | context
    for name in ("state", "flow"):
        words[name] = _(words[name]) if words[name] else ""
    if words["due"]:
        due = timezone.localtime(datetime.fromisoformat(words["due"]))
        words["due"] = date_format(due, "SHORT_DATETIME_FORMAT")
    return words
