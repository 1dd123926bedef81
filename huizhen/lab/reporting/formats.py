"""A batch as bytes: HL7 2.5.1, FHIR R4, or an Excel file. Pure."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from huizhen.kernel.late import Late
from huizhen.lab.instruments.codecs import hl7
from huizhen.lab.results.models import Finding

xlsxwriter: Any = Late("xlsxwriter")

HL7, FHIR = "application/hl7-v2; charset=utf-8", "application/fhir+json"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# HL7 table 0078 and FHIR's v3-ObservationInterpretation share these codes.
MARKS = {1: "NEG", 2: "POS", 3: "IND", 10: "N", 11: "L", 12: "H", 13: "LL", 14: "HH"}
# In an Excel file no other column says that a value does not stand; `W` as in HL7 table 0085.
FLAGS = {**MARKS, Finding.WITHDRAWN: "W"}
# FHIR's observation-status for HL7 table 0085.
STATUSES = {"F": "final", "C": "corrected", "W": "entered-in-error"}
SNOMED = {1: ("260415000", "Not detected"), 2: ("260373001", "Detected"), 3: ("419984006", "Inconclusive")}
SEXES = {"male": "M", "female": "F", "other": "O"}
# HL7 table 0203.
KINDS = {"resident": "NI", "passport": "PPN"}


@dataclass(frozen=True)
class Reported:
    """One result as it is reported."""

    id: UUID
    name: str
    identity_kind: str
    identity_number: str
    phone: Callable[[], str]  # opened where a platform's own workbook asks for it, and nowhere else
    sex: str
    birth_on: date
    laboratory: str
    laboratory_code: str
    barcode: str
    capacity: int
    collected_at: datetime
    released_at: datetime
    loinc: str
    item: str
    item_name: str
    value: str
    unit: str
    finding: int
    version: int


def encode(form: str, batch_id: UUID, results: Sequence[Reported], *, at: datetime) -> tuple[bytes, str]:
    """The payload of a batch and its media type; `form` is one of `models.Format`."""
    writers: dict[str, tuple[Callable[..., bytes], str]] = {
        "hl7": (write_hl7, HL7),
        "fhir": (write_fhir, FHIR),
        "excel": (write_excel, EXCEL),
    }
    write, media_type = writers[form]
    return write(batch_id, results, at=at), media_type


def write_hl7(batch_id: UUID, results: Sequence[Reported], *, at: datetime) -> bytes:
    """A batch (BHS … BTS) of one ORU^R01 per result; MSH-10 is the delivery's id."""
    head = ["BHS", "|", "^~\\&", "HUIZHEN", _plain(results[0].laboratory_code), "", "", _time(at), "", "", "",
            str(batch_id)]  # fmt: skip
    parts = [_segments([head])]
    parts += [_segments(_oru(one, at)) for one in results]
    parts.append(_segments([["BTS", str(len(results))]]))
    return b"".join(parts)


def _segments(segments: Sequence[Sequence[str]]) -> bytes:
    """Header segments carry their separators in their first two fields."""
    lines = ["|".join([row[0], *row[2:]] if row[0] in ("MSH", "BHS") else row) for row in segments]
    return "".join(f"{line}\r" for line in lines).encode()


def _oru(one: Reported, at: datetime) -> list[list[str]]:
    number, kind = _plain(one.identity_number), KINDS.get(one.identity_kind, "U")
    coded = one.finding in SNOMED
    value = "^".join((*SNOMED[one.finding], "SCT")) if coded else _plain(one.value)
    is_number = not coded and one.value.lstrip("<>").replace(".", "", 1).isdigit()
    status = _status(one)
    service = f"{one.loinc}^{_plain(one.item_name)}^LN"
    return [
        ["MSH", "|", "^~\\&", "HUIZHEN", _plain(one.laboratory_code), "", "", _time(at), "", "ORU^R01^ORU_R01",
         str(one.id), "P", "2.5.1", "", "", "", "", "CHN", "UNICODE UTF-8"],
        ["PID", "1", "", f"{number}^^^^{kind}", "", _plain(one.name), "", f"{one.birth_on:%Y%m%d}",
         SEXES.get(one.sex, "U")],
        ["OBR", "1", "", _plain(one.barcode), service, "", "", _time(one.collected_at), *[""] * 14,
         _time(one.released_at), "", "LAB", "C" if status == "W" else status],
        ["OBX", "1", "CWE" if coded else "NM" if is_number and one.value[0] not in "<>" else "ST", service, "", value,
         _plain(one.unit), "", MARKS.get(one.finding, ""), "", "", status, "", "", _time(one.collected_at)],
        ["SPM", "1", _plain(one.barcode), "", "", *[""] * 6, "G" if one.capacity > 1 else "P", str(one.capacity)],
    ]  # fmt: skip


def _status(one: Reported) -> str:
    """HL7 table 0085: final, a correction that replaces, or wrong and not replaced by anything."""
    return "W" if one.finding == Finding.WITHDRAWN else "C" if one.version > 1 else "F"


def _plain(text: str) -> str:
    return hl7.escape(text)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


def write_fhir(batch_id: UUID, results: Sequence[Reported], *, at: datetime) -> bytes:
    """A transaction of observations, each created only where its identifier is not there yet."""
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{batch_id}"},
        "timestamp": at.isoformat(),
        "entry": [_entry(one) for one in results],
    }
    return to_json(bundle)


def _entry(one: Reported) -> dict[str, Any]:
    name = f"urn:uuid:{one.id}"
    return {
        "fullUrl": name,
        "resource": _observation(one, name),
        "request": {"method": "POST", "url": "Observation", "ifNoneExist": f"identifier=urn:ietf:rfc:3986|{name}"},
    }


def _observation(one: Reported, name: str) -> dict[str, Any]:
    number = {"type": {"coding": [{"code": KINDS.get(one.identity_kind, "U")}]}, "value": one.identity_number}
    gender = one.sex if one.sex in ("male", "female", "other") else "unknown"
    patient = {
        "resourceType": "Patient", "id": "p", "identifier": [number], "name": [{"text": one.name}],
        "gender": gender, "birthDate": one.birth_on.isoformat(),
    }  # fmt: skip
    specimen = {"resourceType": "Specimen", "id": "s", "identifier": [{"value": one.barcode}],
                "collection": {"collectedDateTime": one.collected_at.isoformat()}}  # fmt: skip
    mark = MARKS.get(one.finding)
    return {
        "resourceType": "Observation",
        "contained": [patient, specimen],
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": name}],
        "status": STATUSES[_status(one)],
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": one.loinc}], "text": one.item_name},
        "subject": {"reference": "#p"},
        "specimen": {"reference": "#s"},
        "effectiveDateTime": one.collected_at.isoformat(),
        "issued": one.released_at.isoformat(),
        "performer": [{"display": one.laboratory}],
        **({"interpretation": [{"coding": [{"code": mark}]}]} if mark else {}),
        **({} if one.finding == Finding.WITHDRAWN else _value(one)),
    }


def _value(one: Reported) -> dict[str, Any]:
    if one.finding in SNOMED:
        code, words = SNOMED[one.finding]
        return {
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": words}]}
        }
    if one.value.replace(".", "", 1).lstrip("-").isdigit():
        unit = {"unit": one.unit, "system": "http://unitsofmeasure.org", "code": one.unit} if one.unit else {}
        return {"valueQuantity": {"value": float(one.value), **unit}}
    return {"valueString": f"{one.value} {one.unit}".strip()}


COLUMNS = (
    "delivery", "name", "identity_kind", "identity_number", "sex", "birth_on", "laboratory", "barcode", "persons",
    "collected_at", "released_at", "loinc", "item", "value", "unit", "finding", "version",
)  # fmt: skip


def write_excel(batch_id: UUID, results: Sequence[Reported], *, at: datetime) -> bytes:
    """One sheet, one row per result, everything as text: Excel must not turn an identity number into 1.1E+17."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("results")
        sheet.write_row(0, 0, COLUMNS)
        for place, one in enumerate(results, 1):
            row = (
                one.id, one.name, one.identity_kind, one.identity_number, one.sex, one.birth_on, one.laboratory,
                one.barcode, one.capacity, one.collected_at.isoformat(), one.released_at.isoformat(), one.loinc,
                one.item_name, one.value, one.unit, FLAGS.get(one.finding, ""), one.version,
            )  # fmt: skip
            for column, value in enumerate(row):
                sheet.write_string(place, column, str(value))
        book.set_properties({"title": str(batch_id), "created": at.replace(tzinfo=None)})
    return out.getvalue()
