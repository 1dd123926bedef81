"""SMS by Alibaba Cloud's SendSms (version 2017-05-25), signed with ACS3-HMAC-SHA256.

Wire format: the provider's pages V3 版本请求体 & 签名机制 and SendSms. The parameters stand in the query, the body is
empty. In China an SMS is a registered template with short variables: neither a free text nor a link can be sent.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from django.conf import settings

from huizhen.kernel import clock
from huizhen.kernel.notify.models import Outcome
from huizhen.kernel.notify.ports.port import Destination, Result
from huizhen.kernel.notify.ports.web import post
from huizhen.kernel.notify.words import LONGEST_SHORT, Text, shorten

ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
LIMITED = {"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL", "isv.PHONE_LIMIT_CONTROL"}
REFUSED = {
    "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.SMS_CONTENT_ILLEGAL", "isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL", "isv.INVALID_PARAMETERS",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
}  # fmt: skip
FAILED = {"isp.SYSTEM_ERROR", "isp.GATEWAY_TIMEOUT", "ServiceUnavailable", "InternalError"}


class Sms:
    """Sends notices, and log-in codes."""

    def is_set_up(self) -> bool:
        """Whether there is a key."""
        return bool(settings.SMS_KEY_ID and settings.SMS_KEY_SECRET)

    def send(self, to: Destination, text: Text) -> Result:
        """Send a notice."""
        variables = {"title": shorten(text.short, LONGEST_SHORT), "number": text.number[:LONGEST_SHORT]}
        return self.send_template(to.address, settings.SMS_TEMPLATE, variables, out_id=text.key)

    def send_template(self, phone: str, template: str, variables: Mapping[str, str], *, out_id: str = "") -> Result:
        """Send a registered template; `out_id` comes back in the service's delivery reports."""
        query = {
            "PhoneNumbers": phone,
            "SignName": settings.SMS_SIGN,
            "TemplateCode": template,
            "TemplateParam": json.dumps(variables, ensure_ascii=False, separators=(",", ":")),
        }
        if out_id:
            query["OutId"] = out_id
        parts = urlsplit(settings.SMS_ENDPOINT)
        headers = request_headers("SendSms", VERSION, parts.netloc, query, at=clock.now(), nonce=uuid.uuid4().hex)
        fields, failed = post(f"{settings.SMS_ENDPOINT}/?{canonical_query(query)}", headers=headers)
        return failed or read(fields)


def request_headers(
    action: str, version: str, host: str, query: Mapping[str, str], *, at: datetime, nonce: str, body: bytes = b""
) -> dict[str, str]:
    """The headers of a signed call, `Authorization` included."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names, signature = sign("POST", "/", query, headers, settings.SMS_KEY_SECRET)
    credential = f"{ALGORITHM} Credential={settings.SMS_KEY_ID},SignedHeaders={names},Signature={signature}"
    return headers | {"Authorization": credential}


def sign(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], secret: str) -> tuple[str, str]:
    """The names of the signed headers and the signature of a request."""
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(names)
    request = "\n".join([method, path, canonical_query(query), lines, signed, headers["x-acs-content-sha256"]])
    text = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return signed, hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def canonical_query(query: Mapping[str, str]) -> str:
    """The query sorted by name and escaped as RFC 3986 has it: a blank is %20, never +."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))


def read(fields: dict) -> Result:
    """The provider's answer as an outcome."""
    code, words = str(fields.get("Code", "")), str(fields.get("Message", ""))[:300]
    if code == "OK":
        return Result(Outcome.SENT, reference=str(fields.get("BizId", "")))
    if code.startswith("Throttling"):
        return Result(Outcome.LIMITED, code, words, retry_after=timedelta(minutes=1))
    if code in LIMITED:
        return Result(Outcome.LIMITED, code, words, retry_after=timedelta(hours=1))
    if code in FAILED:
        return Result(Outcome.FAILED, code, words)
    return Result(Outcome.REFUSED if code in REFUSED else Outcome.MISSET, code, words)
