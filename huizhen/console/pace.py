"""How often one account may do something costly or curious, such as searching people, in a minute."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse

from huizhen.console.errors import respond
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request

WINDOW = 60


def at_most(times: int, name: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Answer 429 when one account asks more often than this in a minute. Two at once may count as one; that is fine."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def paced(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            key = f"pace:{name}:{request.user.pk}:{int(now().timestamp()) // WINDOW}"
            if (cache.get_or_set(key, 0, WINDOW) or 0) >= times:
                return respond(request, 429)
            cache.incr(key)
            return view(request, *args, **kwargs)

        return paced

    return wrap
