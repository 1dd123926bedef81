"""Requests without a network: the WSGI application called as Granian calls it, in this process."""

import io
import json
from typing import Any

from bench.people import PASSWORD
from huizhen.config.wsgi import application

HOST, PORT = "127.0.0.1", "8000"


def log_in(username: str) -> str:
    """Log in as the app does; the token."""
    body = json.dumps({"username": username, "password": PASSWORD}).encode()
    return str(json.loads(call("POST", "/api/v1/auth/login", body=body))["meta"]["session_token"])


def read(path: str, token: str) -> bytes:
    """The body of one GET.

    Raises:
        RuntimeError: it was not answered with 200.
    """
    return call("GET", path, token=token)


def call(method: str, path: str, *, body: bytes = b"", token: str = "") -> bytes:
    """Ask, and return what came.

    Raises:
        RuntimeError: it was not answered with 200.
    """
    where, _, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "PATH_INFO": where, "QUERY_STRING": query, "SERVER_NAME": HOST, "SERVER_PORT": PORT,
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": f"{HOST}:{PORT}", "REMOTE_ADDR": HOST,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json", "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(), "HTTP_USER_AGENT": "bench",
    }  # fmt: skip
    if token:
        environ["HTTP_X_SESSION_TOKEN"] = token
    said: list[str] = []
    answer = application(environ, lambda status, headers, *_: said.append(status))
    content = b"".join(answer)
    answer.close()
    if not said[0].startswith("200"):
        raise RuntimeError(f"{method} {path}: {said[0]} {content[:300]!r}")
    return content
