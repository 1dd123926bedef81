"""Every address of the web process, and the table of what each person gets there: read, written, compared.

`ADDRESSES=write pytest tests/house/test_addresses.py` writes the table anew; read the difference before you commit it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
from ninja.operation import PathView

from huizhen.console.consult.joint.steps import STEPS

TABLE = Path(__file__).with_suffix(".txt")
# One address with several pages behind it: each stands in the table by itself.
SEVERAL = {"consult/joint/new/<draft_id>/<name>/": [name for name, _label in STEPS]}
# One address with several questions behind it, asked one by one as well as not at all.
SCOPES = ("team", "centre", "organisation", "part")
ASKED = {
    "api/v1/consult/joint": [f"?scope={scope}" for scope in SCOPES if scope != "centre"],
    "": [f"?scope={scope}" for scope in SCOPES],
}
NOT_ASKED = "-"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
HEAD = """\
# What each person gets at each address: the exact status code. 404 where one may not see the thing at all, 403 where
# one may see it and not do this. Writes are sent with valid bodies (addresses_bodies.py): 422 is a rule of
# the feature, met by somebody who may do it. Addresses with "report" or "questions" speak of a delivered consultation,
# all others of one under review. A page with a form stands here twice: looked at, and sent with nothing in it (POST), by
# some of the persons (`-`: not asked). A test compares; `ADDRESSES=write pytest tests/house/test_addresses.py` writes it anew,
# to be read by eye.
"""


@dataclass(frozen=True)
class Address:
    """One method of one address; `route` is written as in the table, its parameters as `<name>`."""

    method: str
    route: str

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.route)

    def filled(self, values: dict[str, Any]) -> str:
        """The path with the parameters' values."""
        return "/" + PARAMETER.sub(lambda found: str(values[found[1]]), self.route)


def list_addresses() -> list[Address]:
    """Every address once: GET everywhere, and the API's other methods."""
    found: dict[Address, None] = {}
    for route, pattern in _walk(get_resolver().url_patterns, ""):
        plain = PARAMETER.sub(r"<\1>", route)
        for method in _methods(pattern):
            for name in SEVERAL.get(plain, [""]):
                found[Address(method, plain.replace("<name>", name) if name else plain)] = None
            if method == "GET":
                found |= {Address(method, plain + question): None for question in ASKED.get(plain, ())}
    return list(found)


def _methods(pattern: URLPattern) -> list[str]:
    """The API's own methods of this address; pages are looked at."""
    cells = [cell.cell_contents for cell in getattr(pattern.callback, "__closure__", None) or ()]
    view = next((found for found in cells if isinstance(found, PathView)), None)
    return [method for operation in view.operations for method in operation.methods] if view else ["GET"]


def _walk(patterns: list[Any], before: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        text = str(pattern.pattern)
        route = before + (simplify_regex(text).lstrip("/") if text.startswith(("^", "(")) else text)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from _walk(pattern.url_patterns, route)


def read_table() -> dict[Address, dict[str, int]]:
    """The table: address → person → status code."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    persons = lines[0].split()[2:]
    rows = (line.split() for line in lines[1:])
    return {Address(row[0], row[1].lstrip("/")): _codes(dict(zip(persons, row[2:], strict=True))) for row in rows}


def _codes(cells: dict[str, str]) -> dict[str, int]:
    return {person: int(cell) for person, cell in cells.items() if cell != NOT_ASKED}


def write_table(codes: dict[Address, dict[str, int]]) -> None:
    """Write the table, grouped by the first part of the address."""
    persons = list(next(iter(codes.values())))
    width = max(len(address.route) for address in codes) + 2
    lines = [f"{'':7}{'address':{width}}" + " ".join(persons)]
    group = None
    for address, got in codes.items():
        if (first := address.route.split("/")[0]) != group:
            group = first
            lines.append("")
        cells = " ".join(f"{got.get(person, NOT_ASKED):<{len(person)}}" for person in persons)
        lines.append(f"{address.method:7}/{address.route:{width}}{cells}".rstrip())
    lines[0] = lines[0].replace("       address", "method address", 1)
    TABLE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
