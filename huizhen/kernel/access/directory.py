"""What the kernel must ask about people and organisations without knowing their tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Contact:
    """How one account can be reached. Empty strings where nothing is known."""

    account_id: UUID
    name: str
    language: str
    phone: str = ""
    email: str = ""
    time_zone: str = "Asia/Shanghai"


class Directory(Protocol):
    """Implemented by `people.organisations`, set at start-up by `config.wiring`."""

    def members(self, role: str, organisation_id: UUID) -> list[UUID]:
        """Accounts that hold `role` at this organisation, active ones only."""

    def contacts(self, account_ids: Iterable[UUID]) -> dict[UUID, Contact]:
        """How to reach each account; unknown ones are missing from the answer."""

    def covers(self, organisation_id: UUID, other_id: UUID) -> bool:
        """Whether `other_id` is `organisation_id` itself or lies below it in the tree."""

    def below(self, organisation_id: UUID) -> list[UUID]:
        """The organisation and everything below it."""


class NoDirectory(RuntimeError):
    """`set_directory` was not called: the program was started without `config.wiring`."""


_directory: list[Directory] = []


def set_directory(implementation: Directory) -> None:
    """Install the directory; the last call wins."""
    _directory[:] = [implementation]


def directory() -> Directory:
    """The installed directory.

    Raises:
        NoDirectory: none was installed.
    """
    if not _directory:
        raise NoDirectory
    return _directory[0]
