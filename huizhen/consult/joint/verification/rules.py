"""What a copy in somebody's hands is, compared with what was signed. No database, no clock."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum


class Copy(StrEnum):
    """What an uploaded copy is: the signed version itself, another signed version of it, or neither."""

    SAME = "same"
    OTHER_VERSION = "other_version"
    DIFFERENT = "different"


def digest_of(chunks: Iterable[bytes]) -> str:
    """SHA-256 of a file in pieces, hex."""
    summed = hashlib.sha256()
    for chunk in chunks:
        summed.update(chunk)
    return summed.hexdigest()


def compare(digest: str, *, own: str, others: Iterable[str]) -> Copy:
    """Hold a copy's digest against the version asked about and the other versions of the same report."""
    if digest == own:
        return Copy.SAME
    return Copy.OTHER_VERSION if digest in set(others) else Copy.DIFFERENT
