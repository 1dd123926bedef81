"""One HTTP call to a service, with every way it can fail named: surely not arrived, or perhaps arrived."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from huizhen.kernel.late import Late
from huizhen.kernel.notify.models import Outcome
from huizhen.kernel.notify.ports.port import Result

httpx: Any = Late("httpx")

TIMES = (4, 8, 8, 8)  # seconds: to connect, to read, to write, to wait for a free connection
PERHAPS_ARRIVED = {502, 504}


def post(url: str, **request: Any) -> tuple[dict[str, Any], Result | None]:
    """Call, and give the JSON of the answer; or a result, where there is no answer to read.

    An answer with a 4xx status is given for reading: services explain themselves in it.
    """
    try:
        answer = httpx.post(url, timeout=TIMES, follow_redirects=False, verify=_authorities(), **request)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        return {}, Result(Outcome.FAILED, code=type(error).__name__)
    except httpx.HTTPError as error:
        return {}, Result(Outcome.UNKNOWN, code=type(error).__name__)
    status = answer.status_code
    if status in PERHAPS_ARRIVED:
        return {}, Result(Outcome.UNKNOWN, code=f"HTTP {status}")
    try:
        fields = answer.json()
    except ValueError:
        fields = None
    if isinstance(fields, dict) and status < 500:
        return fields, None
    if status == 429:
        return {}, Result(Outcome.LIMITED, code="HTTP 429")
    if status >= 500:
        return {}, Result(Outcome.FAILED, code=f"HTTP {status}")
    return {}, Result(Outcome.MISSET, code=f"HTTP {status}", detail="the answer is no JSON object")


@cache
def _authorities() -> Any:
    """The certificate authorities that are trusted; reading their file anew costs more than the rest of a call."""
    return httpx.create_ssl_context()


def check_robot_host(url: str) -> Result | None:
    """Robots are called at known hosts only: an address from a form must not make the server call its neighbours."""
    if (urlsplit(url).hostname or "") in settings.ROBOT_HOSTS:
        return None
    return Result(Outcome.MISSET, code="host", detail="the robot's address is not at a known host")


def shorten(text: str, size: int) -> str:
    """Cut a text to so many bytes of UTF-8, never inside a character."""
    raw = text.encode()
    if len(raw) <= size:
        return text
    return raw[: size - 3].decode(errors="ignore") + "…"
