"""What devices say that speak no protocol: by the patterns of their profile.

`specimen` finds the specimen, each of `results` finds results; groups `test`, `name`, `value`, `unit`, `flag`, and
`part`, which with a point becomes the end of the test: one line may hold an answer and the number behind it.
`control` and `calibration`, where they are found, say that it is no patient's. `measured` has groups `year` (of two
digits or four), `month` and `day`, and may have `hour` and `minute`.
"""

import re
from datetime import datetime

from huizhen.lab.instruments.codecs import charset
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.readings import Kind, Reading, Status, Understood
from huizhen.lab.instruments.understanding.values import is_failure, moment, plain_number


def read(payload: bytes, profile: Profile) -> Understood:
    """All readings of a text. Problems: `no_results`, `no_specimen`, `unknown_charset`."""
    text, encoding = charset.decode(payload, profile.link.get("charset", ""))
    found = profile.text.get("specimen") and profile.text["specimen"].search(text)
    specimen = (found.groupdict(default="").get("specimen", "") if found else "").strip()
    kind, measured = _kind(text, profile), _measured(text, profile)
    readings = tuple(
        _reading(match.groupdict(default=""), specimen, kind, measured, profile)
        for pattern in profile.text.get("results", ())
        for match in pattern.finditer(text)
    )
    problems = ["unknown_charset"] if encoding == "unknown" else []
    if not readings:
        problems.append("no_results")
    elif not specimen and kind is Kind.PATIENT:
        problems.append("no_specimen")
    return Understood(readings, tuple(problems))


def _reading(parts: dict[str, str], specimen: str, kind: Kind, measured: datetime | None, profile: Profile) -> Reading:
    value = plain_number(parts.get("value", "").strip(), profile.decimal, profile.thousands)
    failed = not value or is_failure(value, profile.failures)
    flag = parts.get("flag", "").strip()
    test = ".".join(filter(None, (parts.get("test", "").strip(), parts.get("part", "").strip())))
    return Reading(
        specimen, test, parts.get("name", "").strip(), value, parts.get("unit", "").strip(),
        (flag,) if flag else (), Status.FAILED if failed else Status.FINAL, kind, value if failed else "", measured,
    )  # fmt: skip


def _kind(text: str, profile: Profile) -> Kind:
    for kind in (Kind.CONTROL, Kind.CALIBRATION):
        pattern = profile.text.get(kind.value)
        if pattern and pattern.search(text):
            return kind
    return Kind.PATIENT


def _measured(text: str, profile: Profile) -> datetime | None:
    pattern = profile.text.get("measured")
    found = pattern and pattern.search(text)
    if not found:
        return None
    parts = found.groupdict(default="")
    given = parts.get("year", "")
    year = given if len(given) == 4 else f"20{given}"
    digits = "".join(re.sub(r"\D", "", parts.get(name, "")).zfill(2) for name in ("month", "day", "hour", "minute"))
    return moment(f"{year}{digits}00", profile.zone)
