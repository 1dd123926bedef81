"""A large study on a bad line, over real HTTP: sent by tus in chunks, the line cut within many of them, its first image
looked at before the end. The fault tests send a small one, the bench one of 1,000 slices."""

import base64
import http.client
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import httpx

from huizhen.records.imaging.samples import ChestCT, Person, chest_ct

PATIENCE_SECONDS = 60
TUS = {"Tus-Resumable": "1.0.0"}
PIECES = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass
class Sent:
    """What was seen on the way. Times in seconds since the first byte; `offset`: where the upload stood."""

    cuts: int = 0
    seen_at: float = 0.0
    offset: int = 0
    size: int = 0
    took: float = 0.0
    ended: dict[str, Any] = field(default_factory=dict)


class Sender:
    """A client on a line that gives way, in the name of a doctor."""

    def __init__(self, port: int, token: str, patient_id: str, wait: Callable[[Callable[[], bool]], None]) -> None:
        self.port, self.patient, self.wait = port, patient_id, wait
        self.headers = {"X-Session-Token": token}
        base = f"http://127.0.0.1:{self.port}/api/v1"
        self.api = httpx.Client(base_url=base, headers=self.headers, timeout=PATIENCE_SECONDS)

    def send(self, data: memoryview, chunk: int, cut_every: int) -> Sent:
        """Send a zip; begins to import after the first eighth, and looks for the first image."""
        sent, began = Sent(size=len(data)), time.monotonic()
        name = base64.b64encode(b"ct.zip").decode()
        about = {"Upload-Length": str(len(data)), "Upload-Metadata": f"filename {name},purpose aW1hZ2luZw=="}
        there = self.api.post("/uploads", headers={**TUS, **about}).headers["Location"]
        key, run, offset, turn = there.rpartition("/")[2], "", 0, 0
        while offset < len(data):
            turn += 1
            piece = data[offset : offset + chunk]
            if turn % cut_every == 0:
                self.cut(there, offset, piece)
                sent.cuts += 1
                offset = self.where(there)
            else:
                said = {**PIECES, "Upload-Offset": str(offset)}
                answer = self.api.patch(there.removeprefix("/api/v1"), content=bytes(piece), headers=said)
                offset = int(answer.headers["Upload-Offset"]) if answer.is_success else self.where(there)
            if offset < len(data) and not sent.seen_at and offset * 8 > len(data):
                run = run or self.do(f"/records/patients/{self.patient}/imports", file_ids=[key], more=True)["id"]
                if self.has_image(run):
                    sent.seen_at, sent.offset = time.monotonic() - began, offset
        self.do(f"/records/imports/{run}/files", file_ids=[key], last=True)
        self.wait(lambda: self.get(f"/records/imports/{run}")["ended_at"] is not None)
        sent.ended, sent.took = self.get(f"/records/imports/{run}"), time.monotonic() - began
        return sent

    def has_image(self, run: str) -> bool:
        """Whether an image of the import can be looked at, waiting for it as long as it takes."""
        self.wait(lambda: self.get(f"/records/imports/{run}")["kept"] > 0)
        study = self.get(f"/records/patients/{self.patient}/studies")[0]
        series = self.get(f"/records/studies/{study['id']}/series")[0]
        frame = self.get(f"/records/series/{series['id']}/frames")[0]
        picture = self.api.get(frame["image"].removeprefix("/api/v1"))
        return picture.content.startswith(b"\x89PNG")

    def cut(self, there: str, offset: int, piece: memoryview) -> None:
        """Promise a whole piece, send the half of it, and hang up."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        line.putrequest("PATCH", there)
        for name, value in {**self.headers, **PIECES, "Upload-Offset": str(offset)}.items():
            line.putheader(name, value)
        line.putheader("Content-Length", str(len(piece)))
        line.endheaders()
        line.send(bytes(piece[: len(piece) // 2]))
        line.close()

    def where(self, there: str) -> int:
        """How much the server holds, as a client asks that comes back."""
        return int(self.api.head(there.removeprefix("/api/v1"), headers=TUS).headers["Upload-Offset"])

    def get(self, path: str) -> Any:
        """Read something."""
        return self.api.get(path).raise_for_status().json()

    def do(self, path: str, **body: Any) -> Any:
        """Do something, once."""
        answer = self.api.post(path, json=body, headers={"Idempotency-Key": f"large-{uuid4()}"})
        return answer.raise_for_status().json()


def make_study(slices: int, edge: int) -> bytes:
    """A synthetic CT as a zip without compression."""
    ct = ChestCT(Person("", "L-1", date(1956, 8, 21), "female"), date(2026, 2, 3), f"large-{uuid4()}", slices, edge)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in chest_ct(ct):
            archive.writestr(name, data)
    return target.getvalue()
