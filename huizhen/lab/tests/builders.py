"""Short ways for any test to have a laboratory: `make_lab()` is one site, its laboratory and the shipped catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from huizhen.kernel.access import Actor
from huizhen.lab.catalogue.actions import load_shipped
from huizhen.lab.instruments.readings import Kind, Reading, Status
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Observation
from huizhen.lab.specimens import actions
from huizhen.lab.specimens.models import Site, Tube
from huizhen.lab.specimens.rules import Entry
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_member, make_organisation
from huizhen.records.tests.builders import make_number

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
LATER = AT + timedelta(hours=3)
_serial = count(1)


@dataclass
class Lab:
    """A site, its laboratory, who collects and who tests."""

    site: Site
    collector: Actor
    bench: Actor
    second: Actor
    laboratory: Any
    home: Any

    def collect(self, capacity: int = 1, persons: int = 0, panel: str = "NCOV", **given: Any) -> Tube:
        """A tube with fresh persons in it."""
        entries = given.pop("entries", None) or [entry() for _ in range(persons or capacity)]
        barcode = given.pop("barcode", "") or f"B{next(_serial):08d}"
        return actions.collect_tube(
            given.pop("site", self.site), client_id=given.pop("client_id", None) or uuid4(), barcode=barcode,
            capacity=capacity, persons=entries, panel_code=panel, collected_at=AT, actor=self.collector, at=AT, **given,
        )  # fmt: skip

    def take(self, *readings: Reading, at: datetime = LATER) -> Sequence[Observation]:
        """What becomes of what an instrument of this laboratory says."""
        given = {"message_id": uuid4(), "instrument_id": None, "laboratory_id": self.laboratory.id, "at": at}
        return results.take(readings, **given).observations


def make_lab() -> Lab:
    """A collection site at a clinic, tested in the laboratory of a hospital."""
    load_shipped()
    laboratory, home = make_organisation("检验中心"), make_organisation("白石镇卫生院", kind="clinic")
    site = Site.objects.create(
        organisation=home, laboratory=laboratory, name="白石镇采样点", code=f"{next(_serial):04d}"
    )
    people = [get_actor(make_member(role, place).account)
              for role, place in (("collector", home), ("laboratory", laboratory), ("laboratory", laboratory))]  # fmt: skip
    return Lab(site, *people, laboratory=laboratory, home=home)


def entry(name: str = "", born: date = date(1980, 5, 6), sex: str = "female") -> Entry:
    """A person whom nobody has registered yet."""
    return Entry(name=name or "李梅", number=make_number(born, sex, region=f"{110101 + next(_serial) % 16:06d}"))


def reading(tube: Tube | str, value: str, test: str = "NCOV", **given: Any) -> Reading:
    """What an instrument says about a tube."""
    barcode = tube if isinstance(tube, str) else tube.barcode
    return Reading(specimen=barcode, test=test, value=value, **given)


def control(lot: str, value: str, test: str = "NCOV") -> Reading:
    """What an instrument says about a control."""
    return Reading(specimen=lot, test=test, value=value, kind=Kind.CONTROL)


def failed(tube: Tube, test: str = "NCOV") -> Reading:
    """A run that gave nothing."""
    return Reading(specimen=tube.barcode, test=test, status=Status.FAILED, reason="clot")


def patients_of(tubes: Sequence[Tube]) -> list[UUID]:
    """Everybody in these tubes."""
    return [person.patient_id for tube in tubes for person in tube.persons.order_by("seat")]
