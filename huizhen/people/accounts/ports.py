"""The outside world of accounts: whatever carries a log-in code to a phone."""

from typing import Protocol


class CodeSender(Protocol):
    """Sends one short message with a log-in code; it must not be bundled or delayed by quiet hours."""

    def send_code(self, phone: str, code: str, language: str) -> None:
        """Hand the code to the carrier. `phone` is in E.164."""


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
