"""Pages that belong to patients and families only: for staff they do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.http.response import HttpResponseBase

from huizhen.people.accounts.requests import Request

View = Callable[..., HttpResponseBase]


def patients_only(view: View) -> View:
    """Only for accounts of patients and families."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.kind != "patient":
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)
