"""The group robot of WeCom, simulated: the key in the address, 20 messages a minute, Markdown up to 4,096 bytes."""

import json
import re

from huizhen.kernel import clock
from huizhen.kernel.fakes.desk import Answer, Call, Desk, Mood, Post

CHANNEL = "wecom"
PATH = "/cgi-bin/webhook/send"
KEY = re.compile(r"[0-9A-Za-z-]{8,64}")
LIMIT, LONGEST = 20, 4096
REFUSAL = {Mood.REFUSE: (40058, "invalid Request Parameter"), Mood.LIMIT: (45009, "api freq out of limit")}


def answer(call: Call, desk: Desk, mood: Mood | None) -> Answer:
    """Answer as the provider would."""
    if mood in REFUSAL:
        return _no(*REFUSAL[mood])
    key, at = call.query.get("key", ""), clock.now()
    if not KEY.fullmatch(key):
        return _no(93000, "invalid webhook url")
    try:
        fields = json.loads(call.body)
        content = fields[fields["msgtype"]]["content"]
    except (ValueError, KeyError, TypeError):
        return _no(40008, "invalid message type")
    if not content or len(content.encode()) > LONGEST:
        return _no(40058, f"markdown.content exceed max length {LONGEST}")
    if desk.is_over(CHANNEL, key, at.replace(second=0, microsecond=0), LIMIT):
        return _no(*REFUSAL[Mood.LIMIT])
    title, _, text = content.partition("\n")
    return Answer({"errcode": 0, "errmsg": "ok"}, post=Post(CHANNEL, key, title, text, at.isoformat(), fields))


def _no(code: int, words: str) -> Answer:
    return Answer({"errcode": code, "errmsg": f"{words}, hint: [simulated]"})
