"""Reads of arrivals: who sends, whose it may be, what waits."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from huizhen.kernel.access import directory
from huizhen.kernel.crypto import blind
from huizhen.kernel.files import open_file
from huizhen.kernel.flow.models import Case
from huizhen.kernel.late import Late
from huizhen.records.imaging.facts import Header
from huizhen.records.imaging.models import ImagingInstance
from huizhen.records.imaging.rules import compare
from huizhen.records.pacs.arrivals.models import Arrival, ArrivedImage, HospitalNumber, Station, TurnedAway
from huizhen.records.pacs.arrivals.rules import DIFFERS, says_who
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import list_identity_indexes

frames: Any = Late("huizhen.records.imaging.frames")
MOST = 100


@dataclass(frozen=True)
class Match:
    """Whose a study is, and for which consultation; without a patient, the code of the doubt."""

    patient: Patient | None = None
    case_id: UUID | None = None
    doubt: str = ""


def get_station(ae_title: str, address: str) -> Station | None:
    """The device in use that calls itself so and calls from there."""
    return Station.objects.filter(ae_title=ae_title, address=address, active=True).first()


def index_number(organisation_id: UUID, number: str) -> bytes:
    """Fingerprint of a hospital's own patient number."""
    return blind(f"{organisation_id}:{number}", purpose="records.hospital_number")


def find_patient(organisation_id: UUID, header: Header) -> Match:
    """The one patient of this hospital that all numbers of an image point to, and whose data its header does not
    contradict. A number alone is not enough: a name or a birth date must stand beside it."""
    if not header.patient_number and not header.accession:
        return Match(doubt="no_number")
    places = directory().below(organisation_id)
    case = Case.objects.filter(number=header.accession, patient_id__isnull=False).first() if header.accession else None
    keys: set[UUID] = {case.patient_id} if case and case.patient_id else set()
    if header.patient_number:
        keys |= set(
            HospitalNumber.objects.filter(
                organisation_id=organisation_id, number_index=index_number(organisation_id, header.patient_number)
            ).values_list("patient_id", flat=True)
        )
        keys |= set(
            Patient.objects.filter(identity_index__in=list_identity_indexes(header.patient_number)).values_list(
                "id", flat=True
            )
        )
    found = list(Patient.objects.filter(id__in=keys, organisation_id__in=places, retired_at=None))
    if len(found) != 1:
        return Match(doubt="several" if found else "nobody")
    patient = found[0]
    said = compare(header, name=patient.name, birth_on=patient.birth_on, sex=patient.sex)
    if DIFFERS & set(said) or not says_who(header):
        return Match(doubt="differs")
    return Match(patient, case.id if case and case.patient_id == patient.id and case.closed_at is None else None)


def get_known(organisation_id: UUID, sop_uid: str) -> str | None:
    """The fingerprint of an image that this hospital sent before or has in its records; None where it is new."""
    sent = ArrivedImage.objects.filter(arrival__organisation_id=organisation_id, sop_uid=sop_uid)
    places = directory().below(organisation_id)
    kept = ImagingInstance.objects.filter(sop_uid=sop_uid, series__study__patient__organisation_id__in=places)
    return (
        sent.values_list("fingerprint", flat=True).first() or kept.values_list("fingerprint", flat=True).first()
    )  # fmt: skip


def list_arrivals(organisation_ids: Collection[UUID], *, aside: bool = False) -> list[Arrival]:
    """Studies that nobody's record holds yet, the latest first; or those put aside."""
    found = Arrival.objects.filter(organisation_id__in=organisation_ids, patient=None).select_related("station")
    return list(found.filter(aside_at__isnull=not aside).order_by("-last_at", "-id")[:MOST])


def count_arrivals(organisation_ids: Collection[UUID]) -> int:
    """How many studies wait for somebody to say whose they are."""
    return Arrival.objects.filter(organisation_id__in=organisation_ids, patient=None, aside_at=None).count()


def list_turned(organisation_ids: Collection[UUID]) -> list[TurnedAway]:
    """What devices sent that was not kept, the latest first."""
    found = TurnedAway.objects.filter(station__organisation_id__in=organisation_ids).select_related("station")
    return list(found.order_by("-last_at", "-id")[:20])


def list_stations(organisation_ids: Collection[UUID]) -> list[Station]:
    """The devices in use of these hospitals."""
    return list(Station.objects.filter(organisation_id__in=organisation_ids, active=True).order_by("name", "id"))


def list_untaken() -> list[UUID]:
    """Arrivals with a patient and with images that no import has taken."""
    found = ArrivedImage.objects.filter(run=None, arrival__patient__isnull=False)
    return list(found.values_list("arrival_id", flat=True).distinct()[:MOST])


def get_sample(arrival: Arrival, size: int) -> Any:
    """The middle image of an arrival as a small picture, for whoever says whose it is. Raises BadImage, IndexError."""
    images = ArrivedImage.objects.filter(arrival=arrival).select_related("file__content").order_by("id")
    with open_file(images[max(0, arrival.images // 2 - 1)].file) as file:
        return frames.render(frames.read_frame(file, 0), size=size)
