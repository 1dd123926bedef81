"""A group robot of Feishu (飞书), secured by signature (签名校验).

Wire format: the provider's page 自定义机器人使用指南.
`timestamp` (seconds, as text) and `sign` stand in the body; `sign` is the Base64 of HMAC-SHA-256 over *nothing*, with
`timestamp + "\\n" + secret` as the key: not DingTalk's way round. Good for one hour.
Limits: 100 messages a minute and 5 a second from one robot, a body of 20 KB.
"""

import base64
import hashlib
import hmac
from datetime import timedelta

from huizhen.kernel import clock
from huizhen.kernel.notify.models import Outcome
from huizhen.kernel.notify.ports.port import Destination, Result
from huizhen.kernel.notify.ports.web import check_robot_host, post, shorten
from huizhen.kernel.notify.words import Text

LONGEST = 16_000
TOO_FREQUENT = {11232, 11233, 99991400}
WRONG_SECURITY = {19001, 19021, 19022, 19024}


class Robot:
    """Sends to a Feishu group."""

    def is_set_up(self) -> bool:
        """Robots bring their own address and secret."""
        return True

    def send(self, to: Destination, text: Text) -> Result:
        """Try once."""
        refused = check_robot_host(to.address)
        if refused:
            return refused
        paragraphs = [[{"tag": "text", "text": line}] for line in shorten(text.body, LONGEST).splitlines()]
        paragraphs.append([{"tag": "a", "text": text.link, "href": text.link}])
        message = {
            "msg_type": "post",
            "content": {"post": {"zh_cn": {"title": text.title, "content": paragraphs}}},
        }
        if to.secret:
            timestamp = str(int(clock.now().timestamp()))
            message |= {"timestamp": timestamp, "sign": sign(timestamp, to.secret)}
        fields, failed = post(to.address, json=message)
        return failed or read(fields)


def sign(timestamp: str, secret: str) -> str:
    """The signature of the body's timestamp."""
    digest = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def read(fields: dict) -> Result:
    """The provider's answer as an outcome; older robots answer `StatusCode` in place of `code`."""
    code = fields.get("code", fields.get("StatusCode"))
    words = str(fields.get("msg", fields.get("StatusMessage", "")))[:300]
    if code == 0:
        return Result(Outcome.SENT)
    if code in TOO_FREQUENT:
        return Result(Outcome.LIMITED, str(code), words, retry_after=timedelta(minutes=1))
    if code in WRONG_SECURITY:
        return Result(Outcome.MISSET, str(code), words)
    return Result(Outcome.REFUSED, str(code), words)
