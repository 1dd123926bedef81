"""Pure decisions about practitioners."""

SHOWN = 4


def mask(number: str) -> str:
    """The end of a licence number, enough to tell two apart: `****2345`."""
    return f"****{number[-SHOWN:]}" if len(number) > 2 * SHOWN else "****"
