"""AWS Signature Version 4 as a server checks it; used by the S3 simulator."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote

UNSIGNED = "UNSIGNED-PAYLOAD"


class BadSignature(Exception):
    """The request was not signed by who holds the secret, or was changed since."""


def check_signature(
    method: str, target: str, headers: Mapping[str, str], body: bytes, *, key: str, secret: str
) -> None:
    """Check one request; header names in lower case, `target` with its query.

    Raises:
        BadSignature: unsigned, another key, another secret, or changed on the way.
    """
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    holder, _, scope = fields.get("Credential", "").partition("/")
    if scheme != "AWS4-HMAC-SHA256" or holder != key:
        raise BadSignature("unsigned, or an unknown key")
    payload = headers.get("x-amz-content-sha256", UNSIGNED)
    if payload != UNSIGNED and payload != hashlib.sha256(body).hexdigest():
        raise BadSignature("the body was changed")
    signed = fields["SignedHeaders"].split(";")
    canonical = _canonical(method, target, {name: headers.get(name, "") for name in signed}, payload)
    wanted = _sign(secret, scope, headers.get("x-amz-date", ""), canonical)
    if not hmac.compare_digest(wanted, fields.get("Signature", "")):
        raise BadSignature("the signature does not fit")


def _canonical(method: str, target: str, signed: dict[str, str], payload: str) -> str:
    path, _, query = target.partition("?")
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(query, keep_blank_values=True))
    lines = [f"{name}:{' '.join(value.split())}" for name, value in signed.items()]
    return "\n".join(
        [
            method,
            quote(unquote(path), safe="/-_.~"),
            "&".join(f"{k}={v}" for k, v in pairs),
            *lines,
            "",
            ";".join(signed),
            payload,
        ]
    )


def _sign(secret: str, scope: str, moment: str, canonical: str) -> str:
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
