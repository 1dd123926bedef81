"""The simulated phone of the demonstration and the tests."""

from django.conf import settings
from django.core.cache import cache

from huizhen.kernel import crypto
from huizhen.people.accounts.ports import SmsSender, set_code_sender

KEPT_FOR = 300
PURPOSE = "people.fake.phone"


class ScreenSender:
    """Keeps the last code of each phone for five minutes, to be read on the log-in page of the demonstration."""

    def send_code(self, phone: str, code: str, language: str) -> None:
        """Keep the code in place of sending it."""
        cache.set(self._key(phone), code, KEPT_FOR)

    def read_code(self, phone: str) -> str:
        """The code last sent to a phone; empty where there is none."""
        return str(cache.get(self._key(phone), ""))

    def _key(self, phone: str) -> str:
        return "code:" + crypto.blind(phone, purpose=PURPOSE).hex()


def install() -> None:
    """Codes go out by SMS; in the demonstration, and only there, to the screen."""
    set_code_sender(ScreenSender() if settings.DEMO else SmsSender())
