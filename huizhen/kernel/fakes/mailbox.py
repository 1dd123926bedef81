"""A mail server that keeps everything and delivers nothing."""

import asyncio
import email
import email.policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from huizhen.kernel import clock
from huizhen.kernel.fakes.desk import Desk, Mood, Post

CHANNEL = "email"
FOR_EVER = 3600


class Mailbox:
    """The handler behind the simulated SMTP server."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        mood = self.desk.mood_of(CHANNEL)
        replies = {
            Mood.REFUSE: "550 5.1.1 no such mailbox",
            Mood.LIMIT: "452 4.5.3 too many messages",
            Mood.ERROR: "451 4.3.0 try again later",
        }
        if mood in replies:
            return replies[mood]
        envelope.rcpt_tos.append(address)
        vars(envelope)["mood"] = mood  # lives as long as this one message
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        message = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
        body = message.get_body(("plain",))
        text = str(body.get_content()) if body else ""
        for to in envelope.rcpt_tos:
            headers = dict(message.items())
            self.desk.keep(Post(CHANNEL, to, str(message["Subject"]), text, clock.now().isoformat(), headers))
        mood = getattr(envelope, "mood", None)
        if mood == Mood.SILENCE:
            await asyncio.sleep(FOR_EVER)
        if mood == Mood.LOSE and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 OK"
