"""Answers: rows straight to bytes. What they look like is said by the schemas, and held to it by a test."""

import hashlib
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from pydantic_core import to_json

from huizhen.kernel import files

JSON = "application/json"


def answer(body: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    """A JSON answer of plain values, UUIDs, dates and times (RFC 3339, UTC)."""
    return HttpResponse(to_json(body), status=status, content_type=JSON, headers=dashed(headers))


def versioned(request: HttpRequest, body: Any, version: int, *, status: int = 200, **headers: str) -> HttpResponse:
    """A JSON answer with a strong ETag, or 304 where the client has it already.

    The tag begins with the version number, which is what `If-Match` compares; the rest is a digest of the bytes,
    because names and languages change without the version.
    """
    content = to_json(body)
    tag = f'"{version}-{hashlib.blake2b(content, digest_size=6).hexdigest()}"'
    sent = {"ETag": tag, **dashed(headers)}
    if request.method == "GET" and tag in _tags(request.META.get("HTTP_IF_NONE_MATCH", "")):
        return HttpResponse(status=304, headers=sent)
    return HttpResponse(content, status=status, content_type=JSON, headers=sent)


def download(file: Any) -> FileResponse:
    """A stored file as a stream; always an attachment, never run by the reader's browser."""
    headers = files.headers_for_download(file)
    kind = headers.pop("Content-Type")
    return FileResponse(files.open_file(file), content_type=kind, headers=headers)


def nothing() -> HttpResponse:
    """204: done, nothing to say."""
    return HttpResponse(status=204)


def dashed(headers: dict[str, str]) -> dict[str, str]:
    """`Retry_After="2"` as a header."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _tags(text: str) -> set[str]:
    """The tags of `If-None-Match`; weak ones match too (RFC 9110, 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in text.split(",")}
