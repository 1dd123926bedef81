"""Why a file cannot be kept as a document."""

import struct

# Files come from other people's machines: whatever the parsers trip over is a fault of the file.
BROKEN = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError,
    RecursionError, SyntaxError, TypeError, ValueError, struct.error,
)  # fmt: skip


class BadFile(Exception):
    """The file cannot be kept as a document; the argument is the code of the reason."""
