"""`huizhen audit verify`, `huizhen audit adopt` and `huizhen crypto rotate`."""

import sys

from huizhen.config import prepare
from huizhen.kernel.audit import verification, waiting
from huizhen.kernel.crypto import rotation


def audit_verify(kept: str = "") -> int:
    """Check the whole audit chain; with a head kept elsewhere, that the chain still contains it. 1: faults found."""
    with prepare.database_at_hand():
        return verification.command(_say, kept)


def audit_adopt() -> int:
    """Let this database take in the reads that lie here for the one whose copy it is."""
    with prepare.database_at_hand():
        _say(f"{waiting.adopt()} journals are this database's now; `huizhen audit verify` brings them in.")
    return 0


def crypto_rotate() -> int:
    """Seal everything anew with the first key of HUIZHEN_KEYS; may be stopped and started. 1: something is left."""
    with prepare.database_at_hand():
        return rotation.command(_say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
