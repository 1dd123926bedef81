"""The demonstration's scanner, and two studies it sent that wait for somebody to say whose they are. All invented."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from huizhen.people.organisations.models import Organisation
from huizhen.records.acting import day_of
from huizhen.records.imaging.samples import ChestCT, Person, chest_ct
from huizhen.records.pacs.arrivals.actions import keep_image
from huizhen.records.pacs.arrivals.models import Arrival, Station

HOSPITAL, AE_TITLE, ADDRESS = "QS-1", "QS_CT1", "127.0.0.1"
# A patient whose hospital number nobody has entered yet, and the phantom of the morning's check of the scanner.
SENT = (
    (Person("赵德福", "0023178", date(1949, 2, 3), "male"), "device", 24),
    (Person("QC^PHANTOM", "QC-0001", date(2000, 1, 1), "other"), "phantom", 3),
)


def load(at: datetime) -> Iterator[str]:
    """Make what is missing; a second run changes nothing."""
    hospital = Organisation.objects.get(code=HOSPITAL)
    station, _made = Station.objects.get_or_create(
        organisation=hospital, name="CT 一室", defaults={"ae_title": AE_TITLE, "address": ADDRESS}
    )
    if not Arrival.objects.exists():
        for person, seed, slices in SENT:
            ct = ChestCT(person, day_of(at) - timedelta(days=1), seed, slices, 128)
            for _name, data in chest_ct(ct):
                keep_image(station, data, at=at - timedelta(hours=2))
    yield f"a scanner of {hospital.name}: {AE_TITLE} calls HUIZHEN from {ADDRESS}"
