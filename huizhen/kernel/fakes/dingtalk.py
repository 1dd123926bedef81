"""The group robot of DingTalk, simulated. The secret of the robot with access token `T` is `SEC` and `T`."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

from huizhen.kernel import clock
from huizhen.kernel.fakes.desk import Answer, Call, Desk, Mood, Post

CHANNEL = "dingtalk"
PATH = "/robot/send"
LIMIT = 20
FRESH = timedelta(hours=1)
REFUSAL = {Mood.REFUSE: (460101, "message too long"), Mood.LIMIT: (130101, "send too fast, exceed 20 times per minute")}


def secret_of(token: str) -> str:
    """The signing secret of a simulated robot."""
    return f"SEC{token}"


def answer(call: Call, desk: Desk, mood: Mood | None) -> Answer:
    """Answer as the provider would."""
    if mood in REFUSAL:
        return _no(*REFUSAL[mood])
    token, at = call.query.get("access_token", ""), clock.now()
    if not token:
        return _no(300001, "token is not exist")
    stamp = call.query.get("timestamp", "")
    if not stamp.isdigit() or abs(int(stamp) / 1000 - at.timestamp()) > FRESH.total_seconds():
        return _no(310000, "invalid timestamp")
    if not hmac.compare_digest(_signature(stamp, secret_of(token)), call.query.get("sign", "")):
        return _no(310000, "sign not match")
    try:
        fields = json.loads(call.body)
        title, text = fields["markdown"]["title"], fields["markdown"]["text"]
    except (ValueError, KeyError, TypeError):
        return _no(400402, "缺少参数 markdown")
    if desk.is_over(CHANNEL, token, at.replace(second=0, microsecond=0), LIMIT):
        return _no(*REFUSAL[Mood.LIMIT])
    return Answer({"errcode": 0, "errmsg": "ok"}, post=Post(CHANNEL, token, title, text, at.isoformat(), fields))


def _signature(stamp: str, secret: str) -> str:
    mac = hmac.new(secret.encode("utf-8"), digestmod=hashlib.sha256)
    mac.update(stamp.encode() + b"\n" + secret.encode())
    return base64.b64encode(mac.digest()).decode()


def _no(code: int, words: str) -> Answer:
    return Answer({"errcode": code, "errmsg": words})
