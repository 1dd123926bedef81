"""Many small files at once, as an examination of a thousand images is: a few statements for all of them.

The rows are made first, as uploads under way; then the bytes are written; then, in the caller's transaction, all become
ready. What a crash leaves in between is an upload that expires, and is cleared as every other.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from huizhen.kernel import crypto, ids
from huizhen.kernel.access import Actor
from huizhen.kernel.files import rules
from huizhen.kernel.files.actions import KEPT_FOR
from huizhen.kernel.files.contents import folder_of
from huizhen.kernel.files.frames import seal_frames, sealer_of
from huizhen.kernel.files.models import Content, File, FileState
from huizhen.kernel.files.storage import storage


@dataclass(frozen=True)
class Piece:
    """A file to be kept: its name and all of its bytes. Not for zips, whose inside would have to be checked."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Staged:
    """A file whose bytes are written and whose row is not ready yet."""

    file: File
    content: Content


def stage_many(pieces: Sequence[Piece], *, actor: Actor, at: datetime, purpose: str) -> list[Staged]:
    """Write the bytes of many files; `settle_many` makes them ready.

    Raises:
        Refused: wrong_type, empty, too_large; check pieces with `fits` first. StorageTrouble: the disk is full.
    """
    rows = [_row(piece, actor, at, purpose) for piece in pieces]
    File.objects.bulk_create(rows)
    return [Staged(row, _write(row, piece.data, at)) for row, piece in zip(rows, pieces, strict=True)]


def settle_many(staged: Sequence[Staged]) -> dict[UUID, File]:
    """Make staged files ready, by id; in the caller's transaction. Equal contents are kept once, as ever."""
    if not staged:
        return {}
    Content.objects.bulk_create(
        sorted((one.content for one in staged), key=lambda content: bytes(content.address)), ignore_conflicts=True
    )
    kept = {
        bytes(row.address): row for row in Content.objects.filter(address__in=[one.content.address for one in staged])
    }
    files = {one.file.id: one.file for one in staged}
    for one in staged:
        one.file.content = kept[bytes(one.content.address)]
    File.objects.bulk_update(files.values(), ["content"])
    ready = {"state": FileState.READY, "expires_at": None}
    File.objects.filter(id__in=list(files)).update(**ready)
    for file in files.values():
        file.state, file.expires_at = FileState.READY, None
    # Bytes that were there already under another name are not needed a second time.
    for one in staged:
        if one.file.content_id != one.content.id:
            storage().delete(one.content.object_name)
    return files


def fits(piece: Piece, purpose: str) -> bool:
    """Whether a piece would be taken: neither empty nor too large, and of a type of its purpose."""
    try:
        rules.check_size(purpose, len(piece.data))
        return rules.check_type(purpose, piece.name, piece.data[: rules.SNIFF_BYTES]) != rules.ZIP
    except rules.Refused:
        return False


def _row(piece: Piece, actor: Actor, at: datetime, purpose: str) -> File:
    rules.check_size(purpose, len(piece.data))
    media_type = rules.check_type(purpose, piece.name, piece.data[: rules.SNIFF_BYTES])
    size = len(piece.data)
    return File(
        name=rules.clean_name(piece.name), purpose=purpose, size=size, offset=size, media_type=media_type,
        sha256=hashlib.sha256(piece.data).hexdigest(), created_by_id=actor.account_id, created_at=at,
        expires_at=at + KEPT_FOR,
    )  # fmt: skip


def _write(file: File, data: bytes, at: datetime) -> Content:
    content_id, key = ids.new_id(), os.urandom(32)
    content = Content(
        id=content_id, address=crypto.mac(bytes.fromhex(file.sha256), purpose="file/address"), size=file.size,
        media_type=file.media_type, object_name=f"{folder_of(file.id)}/{content_id}", cipher=settings.CIPHER,
        key=key.hex(), created_at=at,
    )  # fmt: skip
    storage().put(content.object_name, seal_frames([data], sealer_of(content.cipher, key), content_id))
    return content
