"""The bundle while it is written: entries each once, references between them, files within bounds."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor
from huizhen.kernel.files import open_file
from huizhen.kernel.files.models import File
from huizhen.people.organisations.queries import get_full_name
from huizhen.records.fhir import codes, shapes
from huizhen.records.fhir.shapes import Resource
from huizhen.records.patients.models import Patient

LARGEST_FILE, LARGEST_ALL = 10 * 2**20, 30 * 2**20  # bytes; base64 makes four of three


class Writer:
    """Collects what one reader may take of one record. `with_files`: the bytes of documents too, up to 10 MB each and
    30 MB in all; what is larger stands there with its size and digest, and is counted in `left_out`."""

    def __init__(self, actor: Actor, patient: Patient, *, at: datetime, with_files: bool = False) -> None:
        self.actor, self.patient, self.at, self.with_files = actor, patient, at, with_files
        self.entries: dict[str, Resource] = {}
        self.bytes_held = self.left_out = 0

    @property
    def subject(self) -> Resource:
        """The patient, as every piece refers to them."""
        return {"reference": shapes.url_of(self.patient.id)}

    def add(self, kind: str, key: UUID | str, body: Resource) -> Resource:
        """One entry, once, and the reference to it. `body` has the fields beside type, id and identifier; where it
        names identifiers of its own, ours follows them."""
        url = shapes.url_of(key)
        if url not in self.entries:
            named: dict[str, Any] = {}
            if kind != "Binary":
                others = [one for one in body.get("identifier", []) if one.get("value") != url]
                named["identifier"] = [*others, shapes.own_identifier(key)]
            self.entries[url] = {"resourceType": kind, "id": str(key), **body, **named}
        return {"reference": url}

    def organisation(self, organisation_id: UUID) -> Resource:
        """A reference to one of the house's organisations."""
        return self.add("Organization", organisation_id, {"name": get_full_name(organisation_id)})

    def practitioner(self, account: Any) -> Resource:
        """A reference to who wrote or added something: staff as practitioners, the patient's own people by name."""
        if account.kind != "staff":
            return {"display": account.name}
        return self.add("Practitioner", account.pk, {"active": account.is_active, "name": [{"text": str(account)}]})

    def attachment(self, file: File, title: str) -> Resource:
        """What a document points to: type, size, digest, and the bytes as an entry of their own where they travel."""
        made: Resource = {
            "extension": [{"url": codes.SHA256, "valueString": file.sha256}],
            "contentType": file.media_type, "size": file.size, "title": title,
        }  # fmt: skip
        if not self.with_files:
            return made
        if file.size > LARGEST_FILE or self.bytes_held + file.size > LARGEST_ALL:
            self.left_out += 1
            return made
        url = shapes.url_of(file.id)
        if url not in self.entries:
            self.bytes_held += file.size
        with open_file(file) as stream:
            data = stream.read()
        self.add("Binary", file.id, {"contentType": file.media_type, "data": base64.b64encode(data).decode()})
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        return {**made, "url": url, "hash": base64.b64encode(digest).decode()}

    def bundle(self, key: UUID) -> Resource:
        """The whole. Patient first; after that in the order it was written."""
        known = frozenset(self.entries)
        return {
            "resourceType": "Bundle",
            "type": "collection",
            "identifier": shapes.own_identifier(key),
            "timestamp": shapes.moment(self.at),
            "entry": [
                {"fullUrl": url, "resource": shapes.prune(resource, known)} for url, resource in self.entries.items()
            ],
        }


Source = Callable[[Writer], None]
_sources: dict[str, Source] = {}


def add_source(name: str, write: Source) -> None:
    """Have this feature write its part of every copy from here on. Floors above this one step in here
    (`wiring.PORTS`); a source writes what `writer.actor` may read, and nothing else."""
    _sources[name] = write


def further_sources() -> list[Source]:
    """What the floors above this one contribute."""
    return list(_sources.values())
