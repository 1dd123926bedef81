"""The switch between the two languages, on every page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from huizhen.people.accounts import actions
from huizhen.people.accounts.requests import actor_of
from huizhen.people.accounts.sessions import WISHED_LANGUAGE


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Go on in the other language, in this browser and from now on: it is kept with the account, and where nobody is
    logged in yet, for whoever logs in next."""
    response: HttpResponse = set_language(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        actor = actor_of(request)
        if actor.account_id:
            actions.set_preferences(actor.account_id, language=language, actor=actor)
        else:
            request.session[WISHED_LANGUAGE] = language
    return response
