"""A group robot of DingTalk (钉钉), secured by signature (加签).

Wire format: the provider's page 自定义机器人安全设置.
The address gains `timestamp` (milliseconds) and `sign`, the Base64 of
HMAC-SHA-256 over `timestamp + "\\n" + secret` with the secret as key; good for one hour. More than 20 messages a minute
shut a robot off for ten minutes.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from huizhen.kernel import clock
from huizhen.kernel.notify.models import Outcome
from huizhen.kernel.notify.ports.port import Destination, Result
from huizhen.kernel.notify.ports.web import check_robot_host, post, shorten
from huizhen.kernel.notify.words import Text

LONGEST = 18_000
BUSY = {-1, 500}
TOO_FREQUENT = {130101, 130103, 90018}
WRONG_SECURITY = {310000}
WRONG_TOKEN = {300001, 300005, 40014, 40035, 400013, 400101, 400102}
SHUT_OFF = timedelta(minutes=10)


class Robot:
    """Sends to a DingTalk group."""

    def is_set_up(self) -> bool:
        """Robots bring their own address and secret."""
        return True

    def send(self, to: Destination, text: Text) -> Result:
        """Try once."""
        refused = check_robot_host(to.address)
        if refused:
            return refused
        words = f"#### {text.title}\n\n{text.body}\n\n[{text.link}]({text.link})"
        message = {
            "msgtype": "markdown",
            "markdown": {"title": text.title, "text": shorten(words, LONGEST)},
            "at": {"isAtAll": False},
        }
        fields, failed = post(signed(to.address, to.secret, clock.now()), json=message)
        return failed or read(fields)


def signed(address: str, secret: str, at: datetime) -> str:
    """The address with its signature; unchanged for a robot without a secret."""
    if not secret:
        return address
    timestamp = str(int(at.timestamp() * 1000))
    query = urlencode({"timestamp": timestamp, "sign": sign(timestamp, secret)})
    return f"{address}{'&' if urlsplit(address).query else '?'}{query}"


def sign(timestamp: str, secret: str) -> str:
    """The signature, not yet escaped for an address."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def read(fields: dict) -> Result:
    """The provider's answer as an outcome."""
    code, words = fields.get("errcode"), str(fields.get("errmsg", ""))[:300]
    if code == 0:
        return Result(Outcome.SENT)
    if code in TOO_FREQUENT:
        return Result(Outcome.LIMITED, str(code), words, retry_after=SHUT_OFF)
    if code in WRONG_SECURITY | WRONG_TOKEN:
        return Result(Outcome.MISSET, str(code), words)
    return Result(Outcome.FAILED if code in BUSY else Outcome.REFUSED, str(code), words)
