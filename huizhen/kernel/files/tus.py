"""The tus 1.0 protocol for resumable uploads, as a function from request to answer; no web framework here.

Core, and the extensions creation, checksum, termination and expiration. The body is taken in pieces and each is kept
as it comes: a cut connection loses at most the piece under way. With `Upload-Checksum` a request is all or nothing.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol
from uuid import UUID

from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.files import actions, rules
from huizhen.kernel.files.models import File, FileState
from huizhen.kernel.files.ports import StorageTrouble
from huizhen.kernel.files.rules import Refused

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,termination,expiration"
CHECKSUMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
CONTENT_TYPE = "application/offset+octet-stream"
LARGEST_CHECKED = 64 * rules.MIB
CHECKSUM_MISMATCH = 460


class Body(Protocol):
    """The request's body."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end. Raises OSError where the connection is cut."""


@dataclass(frozen=True)
class Request:
    """A request; header names in lower case. `file_id` is what follows the mount point, None for the collection."""

    method: str
    headers: Mapping[str, str]
    body: Body
    file_id: UUID | None = None


@dataclass
class Answer:
    """An answer. `file` is the upload it speaks of; `code` says why it was refused, in the words of `Refused`."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""
    file: File | None = None


class Wrong(Exception):
    """The request does not follow the protocol."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


def handle(request: Request, *, actor: Actor, at: datetime) -> Answer:
    """Answer one request. The mount adds `Location` to a 201 from `answer.file`."""
    method = request.headers.get("x-http-method-override", request.method).upper()
    try:
        answer = _route(method, request)(request, actor, at)
    except Wrong as wrong:
        answer = Answer(wrong.status, code=wrong.code)
    except NotVisible:
        answer = Answer(404, code="not_found")
    except actions.WrongOffset as wrong:
        answer = Answer(409, {"Upload-Offset": str(wrong.offset)}, code="wrong_offset")
    except Refused as refused:
        answer = Answer(_status_of(refused.code), code=refused.code)
    except StorageTrouble:
        answer = Answer(503, {"Retry-After": "10"}, code="storage_trouble")
    answer.headers |= {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
    if answer.status == 412:
        answer.headers["Tus-Version"] = VERSION
    return answer


def _route(method: str, request: Request) -> Callable[[Request, Actor, datetime], Answer]:
    if method == "OPTIONS":
        return _options
    if request.headers.get("tus-resumable") != VERSION:
        raise Wrong(412, "wrong_version")
    routes = {"POST": _create} if request.file_id is None else {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}
    if method not in routes:
        raise Wrong(405, "wrong_method")
    return routes[method]


def _options(request: Request, actor: Actor, at: datetime) -> Answer:
    return Answer(
        204,
        {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(rules.LARGEST),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        },
    )


def _create(request: Request, actor: Actor, at: datetime) -> Answer:
    size = _number(request, "upload-length")
    described = _metadata(request.headers.get("upload-metadata", ""))
    purpose = described.get("purpose", "document")
    if purpose not in rules.PURPOSES:
        raise Wrong(400, "wrong_purpose")
    name = described.get("filename") or described.get("name") or "file"
    file = actions.start_upload(name=name, size=size, actor=actor, purpose=purpose, at=at)
    return Answer(201, _state(file), file=file)


def _head(request: Request, actor: Actor, at: datetime) -> Answer:
    file = _upload(request, actor)
    if file.state == FileState.UPLOADING and file.offset == file.size:
        # Everything came, then something died before the file was finished.
        file = actions.finish(file.id, at=at)
    return Answer(200, _state(file) | {"Upload-Length": str(file.size)}, file=file)


def _patch(request: Request, actor: Actor, at: datetime) -> Answer:
    if request.headers.get("content-type") != CONTENT_TYPE:
        raise Wrong(415, "wrong_content_type")
    offset = _number(request, "upload-offset")
    file = _upload(request, actor)
    if file.offset != offset or file.state == FileState.READY:
        raise actions.WrongOffset(file.offset)
    if "upload-checksum" in request.headers:
        file.offset = _take_checked(file, request, at)
    else:
        for chunk in _pieces(request.body):
            file.offset = actions.count(file, actions.stage(file, file.offset, chunk), at=at)
    if file.offset == file.size:
        actions.finish(file.id, at=at)
    return Answer(204, _state(actions.get_upload(file.id, actor)), file=file)


def _delete(request: Request, actor: Actor, at: datetime) -> Answer:
    file = _upload(request, actor)
    if file.state == FileState.READY:
        raise Wrong(403, "already_finished")
    actions.refuse(file.id, "ended")
    return Answer(204, file=file)


def _upload(request: Request, actor: Actor) -> File:
    if request.file_id is None:
        raise NotVisible
    file = actions.get_upload(request.file_id, actor)
    if file.state == FileState.REFUSED:
        raise Refused(file.refusal)
    return file


def _take_checked(file: File, request: Request, at: datetime) -> int:
    """Keep the whole body or, where its checksum does not fit, nothing of it."""
    name, _, wanted = request.headers["upload-checksum"].partition(" ")
    if name not in CHECKSUMS:
        raise Wrong(400, "wrong_checksum_algorithm")
    if _number(request, "content-length") > LARGEST_CHECKED:
        raise Wrong(413, "too_large_for_checksum")
    digest, staged, offset = CHECKSUMS[name](), [], file.offset
    try:
        for chunk in _pieces(request.body):
            digest.update(chunk)
            staged += actions.stage(file, offset, chunk)
            offset += len(chunk)
        if not hmac.compare_digest(base64.b64encode(digest.digest()).decode(), wanted.strip()):
            raise Wrong(CHECKSUM_MISMATCH, "wrong_checksum")
    except (Wrong, Refused, OSError):
        actions.drop(staged)
        raise
    return actions.count(file, staged, at=at)


def _pieces(body: Body) -> Iterator[bytes]:
    """The body in pieces of one part each; where the connection is cut, what came before it is still given."""
    held = bytearray()
    while True:
        try:
            data = body.read(rules.MIB)
        except OSError:
            if held:
                yield bytes(held)
            raise
        held += data
        if len(held) >= actions.PART or (held and not data):
            yield bytes(held)
            held.clear()
        if not data:
            return


def _state(file: File) -> dict[str, str]:
    headers = {"Upload-Offset": str(file.offset)}
    if file.expires_at and file.state == FileState.UPLOADING:
        headers["Upload-Expires"] = format_datetime(file.expires_at, usegmt=True)
    return headers


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Wrong(400, f"wrong_{name.replace('-', '_')}")
    return int(text)


def _metadata(text: str) -> dict[str, str]:
    """Read `Upload-Metadata`: `key base64, key base64`."""
    found = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, encoded = pair.partition(" ")
        try:
            found[key] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Wrong(400, "wrong_upload_metadata") from None
    return found


def _status_of(code: str) -> int:
    return {"too_large": 413, "expired": 410, "ended": 410, "empty": 400}.get(code, 422)
