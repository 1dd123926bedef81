"""The group robot of Feishu, simulated. The secret of the robot with token `T` is `secret-` and `T`."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

from huizhen.kernel import clock
from huizhen.kernel.fakes.desk import Answer, Call, Desk, Mood, Post

CHANNEL = "feishu"
PREFIX = "/open-apis/bot/v2/hook/"
LIMIT, LONGEST = 100, 20 * 1024
FRESH = timedelta(hours=1)
SIGNATURE_WORDS = "sign match fail or timestamp is not within one hour from current time"
REFUSAL = {Mood.REFUSE: (9499, "Bad Request"), Mood.LIMIT: (11232, "frequency limited psm")}


def secret_of(token: str) -> str:
    """The signing secret of a simulated robot."""
    return f"secret-{token}"


def answer(call: Call, desk: Desk, mood: Mood | None) -> Answer:
    """Answer as the provider would."""
    if mood in REFUSAL:
        return _no(*REFUSAL[mood])
    token, at = call.path.removeprefix(PREFIX), clock.now()
    if not token or "/" in token:
        return _no(19001, "param invalid: incoming webhook access token invalid")
    if len(call.body) > LONGEST:
        return _no(9499, "Bad Request")
    try:
        fields = json.loads(call.body)
        post = fields["content"]["post"]["zh_cn"]
        text = "\n".join("".join(part.get("text", "") for part in line) for line in post["content"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return _no(9499, "Bad Request")
    stamp = str(fields.get("timestamp", ""))
    if not stamp.isdigit() or abs(int(stamp) - at.timestamp()) > FRESH.total_seconds():
        return _no(19021, SIGNATURE_WORDS)
    key = f"{stamp}\n{secret_of(token)}".encode()
    if base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode() != fields.get("sign"):
        return _no(19021, SIGNATURE_WORDS)
    if desk.is_over(CHANNEL, token, at.replace(second=0, microsecond=0), LIMIT):
        return _no(*REFUSAL[Mood.LIMIT])
    said = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
    return Answer(said, post=Post(CHANNEL, token, post["title"], text, at.isoformat(), fields))


def _no(code: int, words: str) -> Answer:
    return Answer({"code": code, "data": {}, "msg": words})
