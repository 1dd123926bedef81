"""Pages by cursor: `items` and the address of the next page."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest


def page(request: HttpRequest, items: list[Any], after: object) -> dict[str, Any]:
    """One page; `after` is the cursor behind its last item, empty where there is nothing more."""
    if not after:
        return {"items": items, "next": None}
    query = [(name, value) for name, values in request.GET.lists() for value in values if name != "after"]
    return {"items": items, "next": f"{request.path}?{urlencode([*query, ('after', str(after))])}"}


def cut(rows: list[Any], limit: int) -> tuple[list[Any], Any]:
    """A page of rows that were asked for one more than `limit`, and the last row of it where more follow."""
    shown = rows[:limit]
    return shown, shown[-1] if len(rows) > limit else None
