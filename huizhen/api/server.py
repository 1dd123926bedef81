"""The one API object: routers, authentication, and the OpenAPI file with the problems that any operation answers."""

from functools import cache
from typing import Any

from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from huizhen.api.authentication import SessionCookie, SessionToken
from huizhen.api.consult import contracts, duty, referrals, verification
from huizhen.api.consult.joint import (
    aftercare,
    applications,
    conversation,
    cosigning,
    course,
    families,
    meetings,
    opinions,
    panel,
    reports,
    suggestions,
)
from huizhen.api.kernel import notify
from huizhen.api.lab import boxes, collecting, exceptions, handing, mixing, standing
from huizhen.api.people import accounts, credentials
from huizhen.api.problems import MEDIA_TYPE, respond
from huizhen.api.records import consent, documents, emergency, fhir, imaging, medicines, merging, patients
from huizhen.api.schemas import ProblemOut

DESCRIPTION = """Joint consultations, health records, the laboratory and messages. Read `docs/api.md` first.

Errors are problems (RFC 9457) with stable codes. Writes need an `Idempotency-Key`. Lists are read by cursor: `next` is
the address of the following page, or null. Times are RFC 3339 in UTC."""
ALWAYS = ("400", "401", "403", "404", "405", "422", "429", "500", "503")
WRITING = ("409", "412", "413", "415")


class Api(NinjaAPI):
    """Knows which problems an operation can answer with, so that each endpoint need not say."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        """The schema with the problems added; made once, because no request changes it and it takes half a second."""
        if path_prefix is None:
            path_prefix = self.get_root_path(path_params or {})
        return _describe(self, path_prefix)


@cache
def _describe(api: Api, path_prefix: str) -> Any:
    schema = NinjaAPI.get_openapi_schema(api, path_prefix=path_prefix)
    schema["components"].setdefault("schemas", {}).update(_problem_schemas())
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            statuses = ALWAYS if method == "get" else (*ALWAYS, *WRITING)
            operation["responses"] = {
                **{str(status): response for status, response in operation["responses"].items()},
                **{status: _problem() for status in statuses},
            }
    return schema


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "ProblemOut": schema}


def _problem() -> dict[str, Any]:
    return {
        "description": "A problem; see `code`.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
    }


api = Api(
    title="Huizhen 会诊", version="1", description=DESCRIPTION, docs_url=None, urls_namespace="api",
    auth=[SessionToken(), SessionCookie()],
)  # fmt: skip
for kind in (Exception, HttpError, AuthenticationError, ValidationError):
    api.add_exception_handler(kind, respond)  # type: ignore[arg-type]  # what is raised is never the class, as ninja has it
# What is asked most stands first: addresses are tried in this order.
api.add_router("/consult/joint", applications.router, tags=["joint consultation"])
for part in (course, panel, opinions, reports, conversation, suggestions, meetings, cosigning, aftercare, families):
    api.add_router("/consult/joint", part.router, tags=["joint consultation"])
api.add_router("/consult", aftercare.outcomes, tags=["joint consultation"])
api.add_router("/referrals", referrals.router, tags=["referrals"])
for centre in (contracts, duty):
    api.add_router("/consult", centre.router, tags=["consultation centre"])
api.add_router("", verification.router, tags=["verification"])
for records in (patients, consent, documents, imaging, medicines, merging, emergency, fhir):
    api.add_router("/records", records.router, tags=["health records"])
for laboratory in (collecting, boxes, mixing, exceptions, standing, handing):
    api.add_router("/lab", laboratory.router, tags=["laboratory"])
api.add_router("/people", credentials.router, tags=["people"])
api.add_router("/inbox", notify.router, tags=["inbox"])
api.add_router("/me", accounts.router, tags=["me"])
