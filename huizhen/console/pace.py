"""How often one account may do something costly or curious, such as searching people."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

from huizhen.console.errors import respond
from huizhen.kernel import limits
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request, address_of

View = Callable[..., HttpResponse]


def at_most(limit: limits.Limit) -> Callable[[View], View]:
    """Answer 429, with when to come again, to whoever asks more often than this."""

    def wrap(view: View) -> View:
        @wraps(view)
        def paced(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                limits.count(limit, account=str(request.user.pk), address=address_of(request), at=now())
            except limits.TooMany as error:
                answer = respond(request, 429)
                answer["Retry-After"] = str(error.seconds)
                return answer
            return view(request, *args, **kwargs)

        return paced

    return wrap
