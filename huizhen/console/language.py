"""The switch between the two languages, on every page."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from huizhen.people.accounts import actions
from huizhen.people.accounts.requests import Request
from huizhen.people.accounts.sessions import WISHED_LANGUAGE


@require_POST
def choose(request: Request) -> HttpResponse:
    """Go on in the other language, in this browser and from now on: it is kept with the account, and where nobody is
    logged in yet, for whoever logs in next."""
    response: HttpResponse = set_language(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            actions.set_preferences(request.user.pk, language=language, actor=request.actor)
        else:
            request.session[WISHED_LANGUAGE] = language
    return response
