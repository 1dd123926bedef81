"""Collecting: where one may, who comes, and tubes as a phone sends them, many at once and as often as it must."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import AwareDatetime, Field, StringConstraints

from huizhen.api.answers import answer
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, FieldError, In, Line, Moment, Out
from huizhen.kernel import clock
from huizhen.kernel.limits import Limit as Tries
from huizhen.lab.refused import SENTENCES
from huizhen.lab.results.actions import give_up
from huizhen.lab.specimens import access, actions, queries
from huizhen.lab.specimens.pools import list_parts
from huizhen.lab.specimens.rules import CAPACITIES, Entry, write_code
from huizhen.people.accounts.requests import actor_of
from huizhen.people.organisations.queries import get_full_name

CHINA = ZoneInfo("Asia/Shanghai")
IdentityKind = Literal["resident", "passport", "hk_macau_permit", "taiwan_permit", "foreign_permit",
                       "birth_certificate", "military"]  # fmt: skip
Barcode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[^\x00]*$")]
# A registration tells whether a number is known: at most as many as a busy site has in an hour.
REGISTRATIONS = Tries("laboratory registration", account=600, address=6000)
MOST_TUBES = 100

router = Router()


class CampaignOut(Out):
    """Testing of many: the panel, and how many persons usually share a tube."""

    id: AnyId
    name: str
    panel: str = Field(examples=["NCOV"])
    capacity: int


class OrderingDoctorOut(Out):
    """A doctor of the site's hospital, who may order tests there. `organisation`: hospital and department."""

    id: AnyId
    name: str
    organisation: str


class SiteOut(Out):
    """A place where you may collect. `code` begins each of its own labels; `doctors` are those who may order there."""

    id: AnyId
    code: str = Field(examples=["0101"])
    name: str
    laboratory_id: AnyId
    campaigns: list[CampaignOut]
    doctors: list[OrderingDoctorOut]


class PersonIn(In):
    """A person by health-record code, or by a document. Somebody not registered yet needs a name, and with a document
    that says neither, sex and day of birth."""

    code: Line = Field(default="", examples=[""])
    kind: IdentityKind = "resident"
    number: Line = ""
    name: Line = ""
    phone: Line = ""
    sex: Literal["", "male", "female"] = ""
    birth_on: Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""


class RegistrationIn(In):
    """A person who comes to a site."""

    site_id: UUID
    person: PersonIn


class RegisteredOut(Out):
    """`code`: the health-record code, to be shown as a QR code; it opens nothing by itself."""

    code: str = Field(examples=["HZAGJS6XT2CB6MBCROH5WBWLKOL45"])


class TubeIn(In):
    """A tube with the persons in it. `client_id` is yours, made when it was collected, the same in every retry.
    `doctor` who ordered it: the id from the site's list, or the log-in name; told of critical values. Empty: nobody."""

    client_id: UUID
    site_id: UUID
    campaign_id: UUID | None = None
    panel: Line = Field(examples=["NCOV"])
    barcode: Barcode
    capacity: int = Field(ge=1, le=max(CAPACITIES), description="1, 5, 10 or 20")
    persons: list[PersonIn] = Field(min_length=1, max_length=max(CAPACITIES))
    doctor: Line = Field(default="", examples=[""])
    collected_at: AwareDatetime


class CollectionIn(In):
    """Tubes in the order they were collected."""

    tubes: list[TubeIn] = Field(min_length=1, max_length=MOST_TUBES)


class TakenOut(Out):
    """`stored`; `kept`: the barcode is in use, what was entered is kept and the laboratory has a case of it;
    `refused`: nothing was stored, `errors` say why. `persons.2.name` is the name of the second person."""

    client_id: AnyId
    state: Literal["stored", "kept", "refused"]
    barcode: str
    errors: list[FieldError]


class VoidIn(In):
    """Why the tube is given up: lost, spilt, spent, taken wrongly."""

    reason: Annotated[Line, StringConstraints(min_length=1, max_length=200)]


class CollectionOut(Out):
    """One answer per tube, in the order sent."""

    tubes: list[TakenOut]


class TubeOut(Out):
    """How far a tube has come. `parts`: the single tubes that the laboratory mixed into it; `part_of`: the mixed tube
    that it is in."""

    barcode: str
    capacity: int
    persons: int
    parts: list[str]
    part_of: str
    site: str
    collected_at: Moment
    box: str
    received_at: Moment | None
    tested_at: datetime | None
    released_at: datetime | None
    voided_at: datetime | None


@reads(router, "/sites", list[SiteOut])
def list_sites(request: HttpRequest) -> HttpResponse:
    """List the sites where you may collect, with the campaigns of today."""
    sites = queries.list_sites(access.access_collecting(actor_of(request)))
    today = clock.now().astimezone(CHINA).date()
    doctors = queries.list_doctors(sites)
    return answer([_site(site, today, doctors[site.id]) for site in sites])


@writes(router, "POST", "/persons", RegisteredOut, status=201, limited=REGISTRATIONS)
def register_person(request: HttpRequest, wanted: RegistrationIn) -> HttpResponse:
    """Register a person at a site; somebody registered already is found, and nothing of the record is shown."""
    actor = actor_of(request)
    site = access.access_site(actor, wanted.site_id)
    found = actions.find_or_register(site.organisation_id, _entry(wanted.person), actor=actor, at=clock.now())
    return answer({"code": write_code(found.id)}, status=201)


@writes(router, "POST", "/collections", CollectionOut, limited=REGISTRATIONS)
def collect_tubes(request: HttpRequest, wanted: CollectionIn) -> HttpResponse:
    """Send collected tubes; one that is refused stops none of the others."""
    actor = actor_of(request)
    access.access_collecting(actor)
    sent = [
        actions.Sent(
            client_id=tube.client_id, site_id=tube.site_id, barcode=tube.barcode, capacity=tube.capacity,
            persons=tuple(_entry(person) for person in tube.persons), panel=tube.panel,
            collected_at=tube.collected_at, campaign_id=tube.campaign_id, doctor=tube.doctor.strip(),
        )
        for tube in wanted.tubes
    ]  # fmt: skip
    taken = actions.collect_batch(sent, actor=actor, at=clock.now())
    return answer({"tubes": [_taken(one) for one in taken]})


@reads(router, "/tubes/{barcode}", TubeOut)
def get_tube(request: HttpRequest, barcode: str) -> HttpResponse:
    """Read how far a tube has come: for who collects at its site and for its laboratory. Says nothing about results."""
    return answer(show_tube(access.access_milestones(actor_of(request), barcode)))


@writes(router, "POST", "/tubes/{barcode}/void", TubeOut)
def void_tube(request: HttpRequest, barcode: str, wanted: VoidIn) -> HttpResponse:
    """Give a tube of your laboratory up; whoever has no other tube that stands for them is listed under `/lab/retests`
    until a new specimen of theirs is there. A second time changes nothing."""
    actor = actor_of(request)
    tube = access.access_to_void(actor, barcode)
    give_up(tube.id, reason=wanted.reason, actor=actor, at=clock.now())
    return answer(show_tube(access.access_milestones(actor, barcode)))


def show_tube(tube: Any) -> dict[str, Any]:
    """A tube loaded by `access_milestones` as `TubeOut`."""
    told = ("persons", "site", "box", "parts", "part_of")
    body = {name: getattr(tube, name) for name in TubeOut.model_fields if name not in told}
    return {
        **body, "persons": queries.count_persons(tube.id), "site": tube.site.name,
        "box": tube.box.code if tube.box else "", "part_of": tube.part_of.barcode if tube.part_of else "",
        "parts": [part.barcode for part in list_parts(tube.id)] if tube.capacity > 1 else [],
    }  # fmt: skip


def _site(site: Any, today: Any, doctors: list[Any]) -> dict[str, Any]:
    campaigns = queries.list_campaigns_for([site], today)
    return {
        "id": site.id, "code": site.code, "name": site.name, "laboratory_id": site.laboratory_id,
        "campaigns": [
            {"id": one.id, "name": one.name, "panel": one.panel.code, "capacity": one.capacity} for one in campaigns
        ],
        "doctors": [
            {"id": one.account_id, "name": one.name, "organisation": get_full_name(one.organisation_id)}
            for one in doctors
        ],
    }  # fmt: skip


def _entry(person: PersonIn) -> Entry:
    return Entry(**person.model_dump())


def _taken(one: actions.Taken) -> dict[str, Any]:
    state = "stored" if one.tube else "kept" if one.is_kept else "refused"
    return {
        "client_id": one.client_id, "state": state, "barcode": one.tube.barcode if one.tube else "",
        "errors": [{"field": field, "code": code, "says": str(SENTENCES[code])} for field, code in one.errors.items()],
    }  # fmt: skip
