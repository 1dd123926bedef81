"""`huizhen audit verify` and `huizhen crypto rotate`."""

import sys

from huizhen.config import prepare
from huizhen.kernel.audit import verification
from huizhen.kernel.crypto import rotation


def audit_verify(kept: str = "") -> int:
    """Check the whole audit chain; with a head kept elsewhere, that the chain still contains it. 1: faults found."""
    with prepare.database_at_hand():
        return verification.command(_say, kept)


def crypto_rotate() -> int:
    """Seal everything anew with the first key of HUIZHEN_KEYS; may be stopped and started. 1: something is left."""
    with prepare.database_at_hand():
        return rotation.command(_say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
