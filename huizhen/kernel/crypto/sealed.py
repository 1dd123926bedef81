"""A sealed column value as the database gave it: ciphertext that knows its place and opens when asked."""

import json
from functools import partial
from typing import Any
from uuid import UUID

from huizhen.kernel.crypto.sealing import Unreadable, decrypt, encrypt


class Unplaced(ValueError):
    """A sealed value is asked to open without the key of its row: call `.open(pk)`."""


def place(column: str, pk: UUID | str) -> bytes:
    """The associated data of one cell: `table.column:` and the 16 bytes of the row's key."""
    return column.encode() + b":" + (pk if isinstance(pk, UUID) else UUID(str(pk))).bytes


class Sealed:
    """The content of one encrypted cell. `values()` returns these: `row["phone"].open(row["id"])`.

    Never prints its content; pickles and copies as ciphertext.
    """

    __slots__ = ("blank", "column", "data", "pk")

    def __init__(self, data: bytes, column: str, pk: UUID | None = None, *, blank: bool = False) -> None:
        self.data = data
        self.column = column
        self.pk = pk
        self.blank = blank

    def __repr__(self) -> str:
        return f"<sealed {self.column}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), blank=self.blank), (self.data, self.column, self.pk)

    def open(self, pk: UUID | str | None = None) -> Any:
        """The plain value; `pk` is the key of the row it was read from.

        Raises:
            Unreadable: changed, moved to another row or column, or its key is not on the ring.
        """
        at = pk or self.pk
        if at is None:
            raise Unplaced(self.column)
        if self.blank and not self.data:
            return self.unpack(b"")
        return self.unpack(decrypt(self.data, bound=place(self.column, at)))

    @classmethod
    def close(cls, value: Any, column: str, pk: UUID | str) -> bytes:
        """Seal a plain value for its cell."""
        return encrypt(cls.pack(value), bound=place(column, pk))

    @staticmethod
    def pack(value: Any) -> bytes:
        """The bytes of a plain value."""
        raise NotImplementedError

    @staticmethod
    def unpack(plain: bytes) -> Any:
        """The plain value of the bytes; of none: the field's blank value."""
        raise NotImplementedError


class SealedText(Sealed):
    """A sealed text, UTF-8."""

    __slots__ = ()

    @staticmethod
    def pack(value: Any) -> bytes:
        return str(value).encode()

    @staticmethod
    def unpack(plain: bytes) -> str:
        return plain.decode()


class SealedBytes(Sealed):
    """Sealed bytes, as they came."""

    __slots__ = ()

    @staticmethod
    def pack(value: Any) -> bytes:
        return bytes(value)

    @staticmethod
    def unpack(plain: bytes) -> bytes:
        return plain


class SealedJSON(Sealed):
    """A sealed JSON document."""

    __slots__ = ()

    @staticmethod
    def pack(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    @staticmethod
    def unpack(plain: bytes) -> Any:
        return json.loads(plain) if plain else {}


__all__ = ["Sealed", "SealedBytes", "SealedJSON", "SealedText", "Unplaced", "Unreadable", "place"]
