"""What stands around every page: navigation by role, the reader's name, unread messages, the live connection."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.kernel import clock, pulse
from huizhen.kernel.notify import queries as notices
from huizhen.people.accounts.requests import Request

TEAMS = frozenset({"coordinator", "team_lead"})
STAFF = frozenset(
    {"applicant", "coordinator", "team_lead", "expert", "department_head", "laboratory", "collector", "operator"}
)
# So many fit side by side on a phone; where there are more, the last of them opens the rest.
AT_HAND = 5
ADMINS = frozenset({"system_admin", "security_admin", "audit_admin"})


@dataclass(frozen=True)
class Place:
    """One entry of the navigation. `roles` empty: every member of staff. `below`: addresses that belong to it too."""

    href: str
    icon: str
    label: Any
    roles: frozenset[str] = frozenset()
    kind: str = "staff"
    below: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a page lies in this place."""
        if self.href in ("/", "/me/"):
            return path == self.href or path.startswith(self.below)
        return path.startswith((self.href, *self.below))


PLACES = (
    Place("/", "worklist", _("Worklist"), STAFF, below=("/consult/joint/case/",)),
    Place("/consult/joint/new/", "add", pgettext_lazy("navigation", "New consultation"), frozenset({"applicant"})),
    Place(
        "/records/patients/",
        "patients",
        _("Patients"),
        frozenset({"applicant", "department_head"}),
        below=("/records/",),
    ),
    Place("/records/emergencies/", "shield", _("Emergency access"), frozenset({"audit_admin"})),
    Place("/consult/outcomes/", "check", _("Outcomes"), frozenset({"expert", "department_head"})),
    Place("/consult/referrals/", "send", _("Referrals"), TEAMS | {"applicant"}),
    Place("/centre/board/", "board", pgettext_lazy("navigation", "Board"), TEAMS),
    Place("/centre/duty/", "bell", pgettext_lazy("navigation", "Duty"), TEAMS | {"operator", "expert"}),
    Place("/centre/experts/", "people", _("Experts"), TEAMS | {"operator"}, below=("/centre/calendars/",)),
    Place("/centre/statistics/", "chart", _("Statistics"), TEAMS | {"operator", "department_head"}),
    Place(
        "/centre/masters/", "settings", _("Rules and templates"), frozenset({"operator", "team_lead", "system_admin"})
    ),
    Place(
        "/centre/people/",
        "places",
        pgettext_lazy("navigation", "People"),
        frozenset({"operator"}),
        below=("/centre/organisations/",),
    ),
    Place("/lab/instruments/", "devices", _("Instruments"), frozenset({"laboratory", "operator"})),
    Place(
        "/lab/bench/",
        "record",
        pgettext_lazy("laboratory", "Bench"),
        frozenset({"laboratory"}),
        below=("/lab/tubes/", "/lab/receipt/", "/lab/mixing/", "/lab/retests/"),
    ),
    Place(
        "/lab/collect/",
        "tube",
        pgettext_lazy("laboratory", "Collect"),
        frozenset({"collector"}),
        below=("/lab/boxes/", "/lab/labels/", "/lab/lists/", "/lab/retests/"),
    ),
    Place("/lab/exceptions/", "warning", _("Exceptions"), frozenset({"laboratory", "collector", "operator"})),
    Place("/lab/reporting/", "send", _("Upstream"), frozenset({"laboratory", "operator"})),
    Place("/admin/", "people", _("People and places"), ADMINS),
    Place("/me/", "home", _("My consultations"), kind="patient", below=("/me/consultations/", "/consult/")),
    Place("/me/results/", "tube", _("My results"), kind="patient"),
    Place("/me/access/", "eye", _("Who read my record"), kind="patient"),
    Place("/me/consents/", "consent", _("My consents"), kind="patient"),
)


def places_for(kind: str, roles: frozenset[str]) -> list[Place]:
    """The navigation of a person of this kind (`staff` or `patient`) with these roles."""
    return [place for place in PLACES if place.kind == kind and (kind == "patient" or place.roles & roles)]


def live_url(request: HttpRequest) -> str:
    """Where the WebSocket listens: its own port on a laptop, the same address behind a front."""
    host = request.get_host()
    scheme = "wss" if request.is_secure() else "ws"
    name, _colon, port = host.rpartition(":")
    if name and port == str(settings.WEB_PORT):
        return f"{scheme}://{name}:{settings.LIVE_PORT}/ws"
    return f"{scheme}://{host}/ws"


def lookup_url(request: HttpRequest) -> str:
    """Where results are looked up: a port of its own on a laptop, the same address behind a front."""
    name, _colon, port = request.get_host().rpartition(":")
    if name and port == str(settings.WEB_PORT):
        return f"{request.scheme}://{name}:{settings.LOOKUP_PORT}/lookup/results"
    return request.build_absolute_uri("/lookup/results")


def hear(request: Request, *channels: str) -> None:
    """Let this page hear these channels (`case:<id>`, `team:<id>`, …). The caller has checked access to each."""
    request.live_channels = (*getattr(request, "live_channels", ()), *channels)


def unread(request: Request) -> int:
    """How many messages wait to be seen; asked once a request, and never where the request carries the number."""
    if not hasattr(request, "unread"):
        request.unread = notices.count_unseen(request.user.pk)
    return request.unread


def number_of(request: HttpRequest) -> str:
    """The request's number, for a person to quote; empty where no middleware gave one."""
    return str(request.META.get("HTTP_X_REQUEST_ID", ""))


def frame(request: Request) -> dict[str, Any]:
    """Context processor: what `base.html` needs. Needs nothing from the database for a page of a visitor."""
    account = getattr(request, "user", None)
    always = {"request_number": number_of(request), "demonstration": settings.DEMO}
    if not (account and account.is_authenticated):
        return {**always, "signed_in": False, "places": [], "account_kind": ""}
    own = (f"account:{account.pk}", f"account:{account.pk}:inbox")
    places = [(place, place.holds(request.path)) for place in places_for(account.kind, request.actor.roles())]
    at_hand = places if len(places) <= AT_HAND else places[: AT_HAND - 1]
    further = places[len(at_hand) :]
    return {
        **always,
        "signed_in": True,
        "account_kind": account.kind,
        "places": places,
        "at_hand": at_hand,
        "further": further,
        "is_further": any(here for _place, here in further),
        "unread": lambda: unread(request),
        "printed_at": clock.now(),
        "live": live_url(request),
        "live_ticket": _ticket(account.pk, (*own, *getattr(request, "live_channels", ()))),
    }


def _ticket(account_id: Any, channels: Iterable[str]) -> str:
    return pulse.mint_ticket(account_id, channels, clock.now())
