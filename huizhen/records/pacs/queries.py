"""Reads of archives and transfers."""

from collections.abc import Collection
from uuid import UUID

from huizhen.records.pacs.models import Pacs, Transfer
from huizhen.records.pacs.ports import DicomWeb, Found


def open_pacs(pacs: Pacs) -> DicomWeb:
    """The archive, ready to be asked by a job."""
    return DicomWeb(pacs.address, pacs.username, pacs.password)


def list_pacs(organisation_ids: Collection[UUID]) -> list[Pacs]:
    """The archives in use of these organisations."""
    return list(Pacs.objects.filter(organisation_id__in=organisation_ids, active=True).order_by("name", "id"))


def search(pacs: Pacs, patient_number: str) -> list[Found]:
    """Studies of a patient's number in that hospital, the latest first; for a page, which an archive that hangs does
    not hold. Raises ports.Trouble."""
    web = DicomWeb(pacs.address, pacs.username, pacs.password, quick=True)
    return sorted(web.search(patient_number=patient_number), key=lambda one: one.day, reverse=True)


def list_transfers(patient_ids: Collection[UUID]) -> list[Transfer]:
    """The last transfers of a person (`Patient.person_ids`)."""
    found = Transfer.objects.filter(patient_id__in=patient_ids).select_related("pacs")
    return list(found.order_by("-started_at", "-id")[:20])
