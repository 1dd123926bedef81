"""Uploading: start, append, finish; and clearing what was never finished.

Each piece is stored as an object first and counted afterwards, in one short transaction: whatever dies in between,
the count is true, and an object that nobody counted is cleared with its upload.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from huizhen.kernel import clock, crypto
from huizhen.kernel.access import Actor, NotVisible
from huizhen.kernel.files import rules
from huizhen.kernel.files.arrived import PART, bound_of, open_part
from huizhen.kernel.files.contents import folder_of, keep
from huizhen.kernel.files.models import Content, File, FileState, UploadPart
from huizhen.kernel.files.rules import Refused
from huizhen.kernel.files.storage import storage

KEPT_FOR = timedelta(hours=24)
CLEARED_AT_ONCE = 200


class WrongOffset(Exception):
    """Somebody else appended, or the client lost count; `offset` is how much is held."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


@dataclass(frozen=True)
class Piece:
    """A piece that is stored and not yet counted."""

    offset: int
    size: int
    object_name: str


def start_upload(*, name: str, size: int, actor: Actor, purpose: str, at: datetime) -> File:
    """Begin an upload of `size` bytes.

    Raises:
        Refused: empty, too_large, or wrong_type where the name alone says so.
    """
    rules.check_size(purpose, size)
    cleaned = rules.clean_name(name)
    said = rules.said_type(cleaned)
    if said is not None and said not in rules.PURPOSES[purpose].types:
        raise Refused("wrong_type")
    return File.objects.create(
        name=cleaned,
        purpose=purpose,
        size=size,
        created_by_id=actor.account_id,
        created_at=at,
        expires_at=at + KEPT_FOR,
    )


def get_upload(file_id: uuid.UUID, actor: Actor) -> File:
    """The upload of this actor. Raises `NotVisible` for anybody else's."""
    file = File.objects.filter(id=file_id).first()
    if file is None or not (actor.is_system or file.created_by_id == actor.account_id):
        raise NotVisible
    return file


def append(file_id: uuid.UUID, offset: int, chunk: bytes, *, actor: Actor, at: datetime | None = None) -> int:
    """Add bytes at `offset`; returns the new offset. All of them are safe when this returns.

    Raises:
        WrongOffset: the upload does not stand at `offset`.
        Refused: too_large (more than was promised; ends the upload), or the upload was refused before.
    """
    file = get_upload(file_id, actor)
    if file.offset != offset and file.state != FileState.REFUSED:
        raise WrongOffset(file.offset)
    return count(file, stage(file, offset, chunk), at=at or clock.now())


def stage(file: File, offset: int, chunk: bytes) -> list[Piece]:
    """Store bytes without counting them yet.

    Raises:
        Refused: too_large or wrong_type, which end the upload; or it was refused before.
    """
    if file.state == FileState.REFUSED:
        raise Refused(file.refusal)
    if offset + len(chunk) > file.size:
        refuse(file.id, "too_large")
        raise Refused("too_large")
    _check_beginning(file, offset, chunk)
    pieces = []
    for start in range(0, len(chunk), PART):
        data = chunk[start : start + PART]
        piece = Piece(offset + start, len(data), f"{_uploads(file.id)}/{uuid.uuid4()}")
        storage().put(piece.object_name, [crypto.encrypt(data, bound=bound_of(file.id, piece.offset))])
        pieces.append(piece)
    return pieces


def _check_beginning(file: File, offset: int, chunk: bytes) -> None:
    """A gigabyte of the wrong type is refused at its first piece, not after its last."""
    if offset == file.offset == 0 and (len(chunk) >= rules.SNIFF_BYTES or len(chunk) == file.size):
        try:
            rules.check_type(file.purpose, file.name, chunk[: rules.SNIFF_BYTES])
        except Refused as refused:
            refuse(file.id, refused.code)
            raise


def count(file: File, pieces: list[Piece], *, at: datetime) -> int:
    """Count stored pieces, all or none; returns the new offset.

    Raises:
        WrongOffset: somebody was faster; the pieces are removed.
        Refused: the upload was ended meanwhile; the pieces are removed.
    """
    if not pieces:
        return file.offset
    with transaction.atomic():
        held = File.objects.select_for_update(no_key=True).only("state", "offset", "size").get(id=file.id)
        if held.state == FileState.UPLOADING and held.offset == pieces[0].offset:
            end = pieces[-1].offset + pieces[-1].size
            UploadPart.objects.bulk_create(
                UploadPart(file=file, offset=p.offset, size=p.size, object_name=p.object_name) for p in pieces
            )
            File.objects.filter(id=file.id).update(offset=end, expires_at=at + KEPT_FOR)
            return end
    drop(pieces)
    if held.state == FileState.REFUSED:
        raise Refused(File.objects.get(id=file.id).refusal)
    raise WrongOffset(held.offset)


def drop(pieces: Iterable[Piece]) -> None:
    """Remove stored pieces that will not be counted."""
    for piece in pieces:
        storage().delete(piece.object_name)


def finish(file_id: uuid.UUID, *, at: datetime | None = None) -> File:
    """Make a whole upload a ready file: sniffed, checked, stored once. May be called again, also after a crash.

    Raises:
        Refused: incomplete (go on appending); wrong_type, bomb, unsafe, encrypted, damaged, empty end the upload.
    """
    with transaction.atomic():
        # Held while the bytes are written: a second caller waits and finds the file ready.
        file = File.objects.select_for_update(no_key=True).get(id=file_id)
        if file.state == FileState.UPLOADING:
            if file.offset != file.size:
                raise Refused("incomplete")
            _settle(file, at or clock.now())
    if UploadPart.objects.filter(file_id=file_id).exists():
        _clear(file)
    return _unless_refused(file)


def store(name: str, data: bytes, *, actor: Actor, at: datetime, purpose: str) -> File:
    """Keep a small file in one step.

    Raises:
        Refused: as `start_upload` and `finish`.
    """
    file = start_upload(name=name, size=len(data), actor=actor, purpose=purpose, at=at)
    append(file.id, 0, data, actor=actor, at=at)
    return finish(file.id, at=at)


def refuse(file_id: uuid.UUID, code: str) -> None:
    """End an upload; what was sent is removed, the row stays and says why. A ready file is left alone."""
    with transaction.atomic():
        file = File.objects.select_for_update(no_key=True).get(id=file_id)
        if file.state == FileState.READY:
            return
        File.objects.filter(id=file_id).update(state=FileState.REFUSED, refusal=code, expires_at=None)
    _clear(file)


def forget(file_id: uuid.UUID) -> bool:
    """Delete the bytes of a ready file whose time is over; the row stays and says so (`forgotten`). Bytes that another
    file holds as well stay for that one. Returns whether it was there to be forgotten; twice is once.

    The object goes before the rows: killed in between, the next time does the rest.
    """
    with transaction.atomic():
        file = File.objects.select_for_update(no_key=True).get(id=file_id)
        if file.state != FileState.READY or file.content_id is None:
            return False
        # Whoever stores the same bytes at this moment waits for this lock; then theirs are found below, or they fail
        # and store them anew.
        content = Content.objects.select_for_update().get(id=file.content_id)
        file.state, file.refusal, file.content = FileState.REFUSED, "forgotten", None
        file.save(update_fields=["state", "refusal", "content"])
        if not content.files.exists():
            storage().delete(content.object_name)
            content.delete()
    return True


def clear_expired(at: datetime) -> int:
    """Job: end uploads nobody went on with, and remove pieces left over by a crash; returns how many."""
    expired = File.objects.filter(state=FileState.UPLOADING, expires_at__lt=at)
    done = 0
    for file_id in expired.values_list("id", flat=True)[:CLEARED_AT_ONCE]:
        refuse(file_id, "expired")
        done += 1
    settled = File.objects.exclude(state=FileState.UPLOADING).filter(parts__isnull=False).distinct()
    for file in settled[:CLEARED_AT_ONCE]:
        _clear(file)
        done += 1
    return done


def _settle(file: File, at: datetime) -> None:
    try:
        kept = keep(file, lambda: _chunks(file.id), at)
    except Refused as refused:
        file.state, file.refusal = FileState.REFUSED, refused.code
    else:
        file.state, file.content, file.sha256 = FileState.READY, kept.content, kept.sha256
        file.media_type = kept.content.media_type
    file.expires_at = None
    file.save()


def _unless_refused(file: File) -> File:
    if file.state == FileState.REFUSED:
        raise Refused(file.refusal)
    return file


def _chunks(file_id: uuid.UUID) -> Iterator[bytes]:
    for part in UploadPart.objects.filter(file_id=file_id).order_by("offset"):
        yield open_part(file_id, part.offset, part.object_name)


def _clear(file: File) -> None:
    """Remove every object of the upload, and of attempts to finish it, but the one that is used."""
    used = file.content.object_name if file.content else ""
    for name in storage().names(_uploads(file.id)) + storage().names(folder_of(file.id)):
        if name != used:
            storage().delete(name)
    UploadPart.objects.filter(file_id=file.id).delete()


def _uploads(file_id: uuid.UUID) -> str:
    return f"uploads/{file_id}"
