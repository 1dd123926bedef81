"""DICOMweb towards a hospital's archive: search (QIDO-RS), fetch (WADO-RS), store (STOW-RS) [PS3.18 10.4–10.6]."""

import asyncio
import email.parser
import email.policy
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

TIMES = httpx.Timeout(60, connect=5)  # for jobs: between two signs of life
QUICK = httpx.Timeout(6, connect=3)  # where somebody waits for a page
# All of it together: an archive that trickles would hold the page like one that is silent.
QUICK_SECONDS = 7.0
JSON, DICOM = "application/dicom+json", "application/dicom"
MOST_FOUND = 50
LARGEST_PART = 512 << 20


class Trouble(Exception):
    """The archive did not do what was asked; `code` is one of `rules.TROUBLES`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code


@dataclass(frozen=True)
class Found:
    """A study in the archive. Empty text where it says nothing."""

    study_uid: str
    day: str
    description: str
    modalities: str
    patient_name: str
    patient_number: str
    images: int


@dataclass(frozen=True)
class Place:
    """One image in the archive."""

    series_uid: str
    sop_uid: str


class DicomWeb:
    """One archive. Every method raises `Trouble`. `quick`: somebody waits for the answer, so that all of it must be
    there within `QUICK_SECONDS`."""

    def __init__(self, address: str, username: str = "", password: str = "", *, quick: bool = False) -> None:
        self._address = address.rstrip("/")
        self._quick = quick
        self._auth = (username, password) if username else None

    def search(self, *, patient_number: str = "", study_uid: str = "") -> list[Found]:
        """Studies of a patient's number in that hospital, or one study; 50 at most."""
        asked = {"limit": str(MOST_FOUND), "includefield": "StudyDescription,ModalitiesInStudy"}
        asked |= {"PatientID": patient_number} if patient_number else {}
        asked |= {"StudyInstanceUID": study_uid} if study_uid else {}
        return [found_of(row) for row in self._list("studies", asked)]

    def list_images(self, study_uid: str) -> list[Place]:
        """Every image of a study."""
        rows = self._list(f"studies/{study_uid}/instances", {})
        return [Place(text(row, "0020000E") or "", text(row, "00080018") or "") for row in rows]

    def fetch(self, study_uid: str, place: Place) -> bytes:
        """One image as the archive holds it."""
        where = f"studies/{study_uid}/series/{place.series_uid}/instances/{place.sop_uid}"
        accept = f'multipart/related; type="{DICOM}"; transfer-syntax=*'
        answer = self._ask("GET", where, headers={"Accept": accept})
        parts = list(read_parts(answer.headers.get("Content-Type", ""), answer.content))
        if len(parts) != 1:
            raise Trouble("strange", "parts")
        return parts[0]

    def store(self, images: Sequence[bytes]) -> None:
        """Give images to the archive; what it has already it keeps as it is."""
        boundary = uuid.uuid4().hex
        kind = f'multipart/related; type="{DICOM}"; boundary={boundary}'
        headers = {"Content-Type": kind, "Accept": JSON}
        answer = self._ask("POST", "studies", headers=headers, content=write_parts(images, boundary))
        failed = answer.json().get("00081198", {}).get("Value", []) if answer.content else []
        if failed or answer.status_code not in (200, 204):
            raise Trouble("refused", f"{len(failed)} of {len(images)}")

    def _list(self, where: str, asked: dict[str, str]) -> list[dict[str, Any]]:
        answer = self._ask("GET", where, headers={"Accept": JSON}, params=asked)
        if answer.status_code == 204 or not answer.content:
            return []
        try:
            rows = answer.json()
        except ValueError as error:
            raise Trouble("strange", "no JSON") from error
        if not isinstance(rows, list):
            raise Trouble("strange", "no list")
        return rows

    def _ask(self, method: str, where: str, **request: Any) -> httpx.Response:
        request |= {"url": f"{self._address}/{where}", "auth": self._auth, "follow_redirects": False}
        try:
            answer = asyncio.run(ask_quickly(method, request)) if self._quick else ask_patiently(method, request)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Trouble("away", type(error).__name__) from error
        code = answer.status_code
        if code in (401, 403):
            raise Trouble("denied", str(code))
        if code in (404, 410):
            raise Trouble("not_there", str(code))
        if code in (408, 429) or code >= 500:
            raise Trouble("away", str(code))
        if code >= 300 and code != 409:
            raise Trouble("strange", str(code))
        return answer


def ask_patiently(method: str, request: dict[str, Any]) -> httpx.Response:
    """One answer, however long the archive takes for it, as long as it gives signs of life."""
    return httpx.request(method, timeout=TIMES, **request)


async def ask_quickly(method: str, request: dict[str, Any]) -> httpx.Response:
    """One whole answer within `QUICK_SECONDS`. Raises TimeoutError; only an event loop can end what has begun."""
    async with asyncio.timeout(QUICK_SECONDS), httpx.AsyncClient(timeout=QUICK) as client:
        return await client.request(method, **request)


def found_of(row: dict[str, Any]) -> Found:
    """A line of a QIDO answer [PS3.18 F.2]."""
    return Found(
        study_uid=text(row, "0020000D"), day=text(row, "00080020"), description=text(row, "00081030"),
        modalities="/".join(str(one) for one in row.get("00080061", {}).get("Value", [])),
        patient_name=text(row, "00100010"), patient_number=text(row, "00100020"),
        images=int(text(row, "00201208") or 0),
    )  # fmt: skip


def text(row: dict[str, Any], tag: str) -> str:
    """The first value of an attribute as text; a person's name in characters where there are any."""
    values = row.get(tag, {}).get("Value") or [""]
    value = values[0]
    if isinstance(value, dict):
        value = value.get("Ideographic") or value.get("Alphabetic") or ""
    return str(value)


def read_parts(kind: str, body: bytes) -> Iterator[bytes]:
    """The parts of a multipart/related body; a body that is one DICOM file is its only part."""
    if body[128:132] == b"DICM":
        yield body
        return
    boundary = email.parser.HeaderParser(policy=email.policy.HTTP).parsestr(f"Content-Type: {kind}\n\n").get_boundary()
    if not boundary:
        raise Trouble("strange", "no boundary")
    mark = b"\r\n--" + boundary.encode()
    for piece in (b"\r\n" + body).split(mark)[1:]:
        if piece.startswith(b"--"):
            return
        head, gap, data = piece.partition(b"\r\n\r\n")
        if not gap or len(head) > 4096:
            raise Trouble("strange", "part")
        yield data
    raise Trouble("away", "cut off")


def write_parts(images: Iterable[bytes], boundary: str) -> bytes:
    """A multipart/related body of DICOM files."""
    pieces = [b"--%b\r\nContent-Type: application/dicom\r\n\r\n%b\r\n" % (boundary.encode(), data) for data in images]
    return b"".join(pieces) + b"--%b--\r\n" % boundary.encode()
