"""Contents: written once from a stream of chunks, found again by their address, read back as seekable files."""

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings

from huizhen.kernel import crypto, ids
from huizhen.kernel.files import archives, rules
from huizhen.kernel.files.frames import FrameReader, seal_frames, sealer_of
from huizhen.kernel.files.models import Content, File, FileState
from huizhen.kernel.files.rules import Refused
from huizhen.kernel.files.storage import storage

BUFFER = 2**16


@dataclass(frozen=True)
class Kept:
    """What was written: the content row and the SHA-256 of the plain bytes, in hexadecimal."""

    content: Content
    sha256: str


def open_file(file: File) -> io.BufferedReader:
    """The plain bytes of a ready file as a seekable binary reader; only the parts that are read are decrypted.

    Raises:
        Refused: incomplete, or the code it was refused with.
    """
    if file.state != FileState.READY or file.content is None:
        raise Refused(file.refusal or "incomplete")
    return open_content(file.content)


def open_content(content: Content) -> io.BufferedReader:
    """The plain bytes of a content as a seekable binary reader."""
    fetch = partial(storage().get, content.object_name)
    sealer = sealer_of(content.cipher, bytes.fromhex(content.key))
    return io.BufferedReader(FrameReader(fetch, sealer, content.id, content.size), BUFFER)


def folder_of(file_id: UUID) -> str:
    """Where the attempts to write a file's content lie; the last digits of a UUIDv7 spread evenly."""
    return f"content/{file_id.hex[-2:]}/{file_id}"


def keep(file: File, chunks: Callable[[], Iterable[bytes]], at: datetime) -> Kept:
    """Write the content of a file, or find that it is kept already. In the caller's transaction.

    Raises:
        Refused: wrong_type, or what `check_zip` finds.
    """
    media_type = rules.check_type(file.purpose, file.name, _beginning(chunks()))
    content, key = _new_content(file, media_type, at)
    digest = hashlib.sha256()
    sealer = sealer_of(content.cipher, key)
    storage().put(content.object_name, seal_frames(_counted(chunks(), digest), sealer, content.id))
    content.address = crypto.mac(digest.digest(), purpose="file/address")
    if media_type in (rules.ZIP, rules.DOCX):
        with open_content(content) as reader:
            archives.check_zip(reader)
    # Of two equal contents at the same moment the second waits here for the first, then finds it.
    Content.objects.bulk_create([content], ignore_conflicts=True)
    return Kept(Content.objects.get(address=content.address), digest.hexdigest())


def _new_content(file: File, media_type: str, at: datetime) -> tuple[Content, bytes]:
    content_id, key = ids.new_id(), os.urandom(32)
    # Each attempt has a name of its own: one that was thought dead must not overwrite another's bytes.
    content = Content(
        id=content_id,
        size=file.size,
        media_type=media_type,
        object_name=f"{folder_of(file.id)}/{content_id}",
        cipher=settings.CIPHER,
        key=key.hex(),
        created_at=at,
    )
    return content, key


def _beginning(chunks: Iterable[bytes]) -> bytes:
    start = b""
    for chunk in chunks:
        start += chunk[: rules.SNIFF_BYTES - len(start)]
        if len(start) >= rules.SNIFF_BYTES:
            break
    return start


def _counted(chunks: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
