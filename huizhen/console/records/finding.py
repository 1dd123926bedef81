"""What somebody typed into the search of patients: a name, a phone number or the number of a document. Pure."""

import re

from huizhen.records.patients.rules import plain_phone

DIGIT = re.compile(r"[0-9０-９]")


def read_search(text: str) -> dict[str, str]:
    """The words of `list_patients` for what was typed: no digit is a name, a phone is a phone, the rest a document."""
    text = text.strip()
    if not text:
        return {}
    if not DIGIT.search(text):
        return {"name": text}
    return {"phone": text} if plain_phone(text) else {"identity_number": text}
