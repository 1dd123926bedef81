"""A group robot of WeCom (企业微信): the key is in the address, the message is Markdown of at most 4,096 bytes.

Wire format: the provider's page 群机器人配置说明 (path 91770). Limit: 20 messages a minute from one robot.
"""

from datetime import timedelta

from huizhen.kernel.notify.models import Outcome
from huizhen.kernel.notify.ports.port import Destination, Result
from huizhen.kernel.notify.ports.web import check_robot_host, post, shorten
from huizhen.kernel.notify.words import Text

LONGEST = 4096
BUSY = -1
TOO_FREQUENT = 45009
WRONG_KEY = {93000, 93004, 93008}


class Robot:
    """Sends to a WeCom group."""

    def is_set_up(self) -> bool:
        """Robots bring their own address."""
        return True

    def send(self, to: Destination, text: Text) -> Result:
        """Try once."""
        refused = check_robot_host(to.address)
        if refused:
            return refused
        content = f"**{text.title}**\n{text.body}\n[{text.link}]({text.link})"
        message = {"msgtype": "markdown", "markdown": {"content": shorten(content, LONGEST)}}
        fields, failed = post(to.address, json=message)
        return failed or read(fields)


def read(fields: dict) -> Result:
    """The provider's answer as an outcome."""
    code, words = fields.get("errcode"), str(fields.get("errmsg", ""))[:300]
    if code == 0:
        return Result(Outcome.SENT)
    if code == TOO_FREQUENT:
        return Result(Outcome.LIMITED, str(code), words, retry_after=timedelta(minutes=1))
    if code in WRONG_KEY:
        return Result(Outcome.MISSET, str(code), words)
    return Result(Outcome.FAILED if code == BUSY else Outcome.REFUSED, str(code), words)
