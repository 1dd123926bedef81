"""From the bytes of a message to what it says: one door for all protocols. Pure."""

from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.readings import Reading, Understood
from huizhen.lab.instruments.understanding import astm, hl7, sheets, text

READERS = {"hl7": hl7.read, "astm": astm.read, "text": text.read, "sheet": sheets.read}
# Problems that mean: nothing in here can be read by this profile. Such a message is set aside whole.
HOPELESS = frozenset({"not_hl7", "not_astm", "not_a_table"})


def read(payload: bytes, profile: Profile) -> Understood:
    """What a message says, by a profile. Never raises: what cannot be understood is named in `problems`."""
    return READERS[profile.protocol](payload, profile)


def differences(before: Understood, after: Understood) -> list[tuple[Reading | None, Reading | None]]:
    """What changes if a message is read anew: pairs of old and new reading, one of them `None` where there was none.

    Paired by specimen and test, in order; what stays the same is left out.
    """
    waiting: dict[tuple[str, str], list[Reading]] = {}
    for reading in after.readings:
        waiting.setdefault((reading.specimen, reading.test), []).append(reading)
    pairs: list[tuple[Reading | None, Reading | None]] = []
    for reading in before.readings:
        same = waiting.get((reading.specimen, reading.test))
        pairs.append((reading, same.pop(0) if same else None))
    pairs += [(None, reading) for rest in waiting.values() for reading in rest]
    return [pair for pair in pairs if pair[0] != pair[1]]
