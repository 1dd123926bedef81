"""`make lock`: resolve afresh, then take the registry's addresses out, so that no host is written into the tree.

Why: docs/decisions/013-host-free-lock.md.
"""

import re

from .environment import NETWORK, index_environment, uv_program
from .say import ROOT, Stop, run, step

STRIP = (
    (re.compile(r'source = \{ registry = "[^"]*" \}'), 'source = { registry = "index" }'),
    (re.compile(r'\{ url = "[^"]*/([^"/]+)", '), r'{ path = "\1", '),
    (re.compile(r', upload-time = "[^"]*"'), ""),
)


def without_hosts(text: str) -> str:
    """The lock with file names in place of addresses.

    Raises:
        Stop: an address is left, because uv writes its lock in another way now.
    """
    for pattern, replacement in STRIP:
        text = pattern.sub(replacement, text)
    if "://" in text:
        left = next(row for row in text.splitlines() if "://" in row)
        raise Stop(f"uv.lock still holds an address: {left.strip()[:120]}. Teach bin/steps/lock.py to take it out.")
    return text


def refresh() -> None:
    """Resolve the newest versions that pyproject.toml allows, and write them down without hosts."""
    lock = ROOT / "uv.lock"
    before = lock.read_text()
    lock.unlink()
    try:
        with step("Resolving the dependencies"):
            # Side indexes of this machine would put its folders into the lock.
            main_index = {name: value for name, value in index_environment().items() if name != "UV_INDEX"}
            run([uv_program(), "lock"], why=NETWORK, env=main_index)
        lock.write_text(without_hosts(lock.read_text()))
    except Stop:
        lock.write_text(before)
        raise
