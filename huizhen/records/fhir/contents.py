"""The file of a document in a bundle: found, and held to what is said about it. Pure."""

import base64
import binascii
import hashlib
import io
from typing import Any

from huizhen.kernel.files.rules import DOCX, SNIFF_BYTES, ZIP, sniff
from huizhen.records.documents.rules import MEDIA_TYPES, BadFile, count_pages
from huizhen.records.fhir import codes
from huizhen.records.fhir.bundle import Addresses

ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/heic": "heic", DOCX: "docx"}


def attachment_of(resource: dict[str, Any]) -> dict[str, Any]:
    """What a document points to; the first, where there are several."""
    return dict((resource.get("content") or [{}])[0].get("attachment") or {})


def url_in(resource: dict[str, Any]) -> str:
    """Where the bytes lie, when they are not inside."""
    return str(attachment_of(resource).get("url") or "")


def read(resource: dict[str, Any], addresses: Addresses) -> bytes:
    """The bytes of a document that `check_document` found nothing wrong with."""
    return base64.b64decode(_held(resource, addresses) or "")


def _held(resource: dict[str, Any], addresses: Addresses) -> str | None:
    inside = attachment_of(resource).get("data")
    if inside:
        return str(inside)
    there = addresses.find(url_in(resource))
    return str(there.resource.get("data") or "") if there and there.kind == "Binary" else None


def media_type(resource: dict[str, Any], data: bytes) -> str:
    """What a file is by its first bytes; that a zip is one of Word's shows when it is opened."""
    found, said = sniff(data[:SNIFF_BYTES]), said_type(attachment_of(resource))
    return DOCX if found == ZIP and said == DOCX else found


def said_type(held: dict[str, Any]) -> str:
    """The type that stands beside a file."""
    return str(held.get("contentType") or "").partition(";")[0].strip().lower()


def check_document(resource: dict[str, Any], addresses: Addresses) -> tuple[str, str] | None:
    """The code of what is wrong with a document's file and where, or None."""
    if len(resource.get("content") or []) > 1:
        return "many_contents", "content"
    held = _held(resource, addresses)
    if not held:
        return "no_content", "content.0.attachment"
    try:
        data = base64.b64decode("".join(held.split()), validate=True)
    except (binascii.Error, ValueError):
        return "bad_base64", "content.0.attachment"
    code = _check_type(resource, data, addresses) or _check_digest(attachment_of(resource), data)
    return (code, "content.0.attachment") if code else None


def _check_type(resource: dict[str, Any], data: bytes, addresses: Addresses) -> str:
    found = media_type(resource, data)
    there = addresses.find(url_in(resource))
    said = {said_type(one) for one in (attachment_of(resource), there.resource if there else {})} - {""}
    if said - {found}:
        return "wrong_type" if found else "type_not_kept" if not said & MEDIA_TYPES else "wrong_type"
    if found not in MEDIA_TYPES:
        return "type_not_kept"
    try:
        count_pages(io.BytesIO(data), found)
    except BadFile:
        return "bad_file"
    return ""


def _check_digest(held: dict[str, Any], data: bytes) -> str:
    if held.get("size") not in (None, len(data)):
        return "size_differs"
    sha1 = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    if held.get("hash") not in (None, sha1):
        return "hash_differs"
    extensions = [one for one in held.get("extension", []) if one.get("url") == codes.SHA256]
    sha256 = hashlib.sha256(data).hexdigest()
    return "hash_differs" if any(one.get("valueString") != sha256 for one in extensions) else ""
