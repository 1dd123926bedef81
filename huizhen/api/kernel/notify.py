"""The inbox in the app: news, seen marks, and how somebody wishes to be told."""

from datetime import time
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, StringConstraints

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.paging import cut, page
from huizhen.api.schemas import AnyId, In, Limit, Moment, Out
from huizhen.kernel import clock, notify
from huizhen.people.accounts.requests import actor_of

Channel = Literal["sms", "email", "wecom", "dingtalk", "feishu"]

# JSON Schema's own `time` wants an offset; quiet hours are on the reader's own clock.
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

router = Router()


class NewsOut(Out):
    """One notification, in the language of the request."""

    id: AnyId
    kind: str
    urgency: str
    case_id: UUID | None
    number: str
    title: str
    body: str
    link: str
    at: Moment
    seen_at: Moment | None


class NewsPage(Out):
    """Notifications, the newest first."""

    items: list[NewsOut]
    next: str | None
    unseen: int


class SeenIn(In):
    """Which ones were seen: these, or those of a case; neither: all."""

    ids: list[UUID] | None = Field(default=None, max_length=200)
    case_id: UUID | None = None


class SeenOut(Out):
    """How many had not been seen before."""

    seen: int


class PreferencesIO(In):
    """Channels that are switched off, and the quiet hours (equal times: none)."""

    channels_off: list[Channel] = Field(default=[], max_length=5)
    quiet_from: TimeOfDay = "22:00"
    quiet_until: TimeOfDay = "07:00"


@reads(router, "", NewsPage)
def list_news(request: HttpRequest, after: UUID | None = None, limit: Limit = 30, unseen: bool = False) -> HttpResponse:
    """List your notifications, the newest first."""
    account_id = _account(request)
    found = notify.list_inbox(account_id, after=after, limit=limit + 1, unseen_only=unseen)
    rows, last = cut(found, limit)
    shown = [{name: getattr(row, name) for name in NewsOut.model_fields} for row in rows]
    return answer({**page(request, shown, last and last.id), "unseen": notify.count_unseen(account_id)})


@writes(router, "POST", "/seen", SeenOut)
def mark_seen(request: HttpRequest, which: SeenIn) -> HttpResponse:
    """Mark notifications as seen."""
    seen = notify.mark_seen(_account(request), at=clock.now(), ids=which.ids, case_id=which.case_id)
    return answer({"seen": seen})


@reads(router, "/preferences", PreferencesIO)
def get_preferences(request: HttpRequest) -> HttpResponse:
    """Read how you wish to be told."""
    return answer(_wish(notify.get_preference(_account(request))))


@writes(router, "PATCH", "/preferences", PreferencesIO)
def set_preferences(request: HttpRequest, wished: PreferencesIO) -> HttpResponse:
    """Say how you wish to be told."""
    quiet = {name: time.fromisoformat(getattr(wished, name)) for name in ("quiet_from", "quiet_until")}
    return answer(_wish(notify.prefer(_account(request), channels_off=wished.channels_off, **quiet)))


def _account(request: HttpRequest) -> UUID:
    account_id = actor_of(request).account_id
    assert account_id is not None, "the API lets nobody in without an account"  # noqa: S101
    return account_id


def _wish(wish: Any) -> dict[str, Any]:
    return {
        "channels_off": wish.channels_off,
        "quiet_from": f"{wish.quiet_from:%H:%M}",
        "quiet_until": f"{wish.quiet_until:%H:%M}",
    }
