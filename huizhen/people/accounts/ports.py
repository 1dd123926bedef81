"""The outside world of accounts: whatever carries a log-in code to a phone."""

from typing import Protocol

import structlog

from huizhen.kernel import clock, notify

log = structlog.get_logger(__name__)


class CodeSender(Protocol):
    """Sends one short message with a log-in code; it must not be bundled or delayed by quiet hours."""

    def send_code(self, phone: str, code: str, language: str) -> None:
        """Hand the code to the carrier. `phone` is in E.164."""


class SmsSender:
    """Sends codes by the SMS service of `kernel.notify`. What goes wrong is logged, without the number: the person
    sees the same page either way and can ask for another code."""

    def send_code(self, phone: str, code: str, language: str) -> None:
        """Hand the code to the SMS service."""
        try:
            result = notify.send_code(phone, code, at=clock.now())
        except notify.TooOften:
            log.warning("log-in code not sent: the number's budget is spent")
            return
        log.info("log-in code handed over", outcome=str(result.outcome), answer=result.code)


class NoSender(RuntimeError):
    """No way to send log-in codes is set up: `set_code_sender` was not called."""


_sender: list[CodeSender] = []


def set_code_sender(sender: CodeSender) -> None:
    """Install the sender; the last call wins."""
    _sender[:] = [sender]


def code_sender() -> CodeSender:
    """The installed sender.

    Raises:
        NoSender: none was installed.
    """
    if not _sender:
        raise NoSender
    return _sender[0]
