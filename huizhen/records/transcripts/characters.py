"""One form of each character, whatever the machine or the printer made of it."""

import unicodedata

RAISED = str.maketrans({"⁰": "^0", "¹": "^1", "²": "^2", "³": "^3", "⁶": "^6", "⁹": "^9"})


def plain(text: str) -> str:
    """One form of each character, raised digits as `^9`, blanks joined."""
    text = text.replace("¹²", "^12").translate(RAISED)
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFKC", text).split()))
