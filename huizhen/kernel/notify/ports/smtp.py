"""E-mail by SMTP, plain text with a link. Its Message-ID comes from the delivery: mailboxes can drop a repetition."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from huizhen.kernel.notify.models import Outcome
from huizhen.kernel.notify.ports.port import Destination, Result
from huizhen.kernel.notify.words import Text

LATER = range(400, 500)
TOO_MANY = {421, 450, 452}


class Mail:
    """Sends e-mail."""

    def is_set_up(self) -> bool:
        """Whether there is a server."""
        return bool(settings.EMAIL_HOST)

    def send(self, to: Destination, text: Text) -> Result:
        """Try once."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
        if text.key:
            headers["Message-ID"] = f"<{text.key}@{domain}>"
        message = EmailMessage(text.title, f"{text.body}\n\n{text.link}\n", None, [to.address], headers=headers)
        backend = EmailBackend(
            host=settings.EMAIL_HOST, port=settings.EMAIL_PORT, username=settings.EMAIL_HOST_USER,
            password=settings.EMAIL_HOST_PASSWORD, use_tls=settings.EMAIL_USE_TLS, timeout=settings.EMAIL_TIMEOUT,
        )  # fmt: skip
        try:
            backend.open()
        except smtplib.SMTPAuthenticationError as error:
            return Result(Outcome.MISSET, str(error.smtp_code))
        except (smtplib.SMTPException, OSError) as error:
            return Result(Outcome.FAILED, type(error).__name__)
        return _hand_over(backend, message)


def _hand_over(backend: EmailBackend, message: EmailMessage) -> Result:
    try:
        backend.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        return _by_code(code)
    except smtplib.SMTPResponseException as error:
        return _by_code(error.smtp_code)
    except (smtplib.SMTPException, OSError) as error:
        # The connection broke after the greeting: the server may have taken the message.
        return Result(Outcome.UNKNOWN, type(error).__name__)
    finally:
        backend.fail_silently = True
        backend.close()
    return Result(Outcome.SENT)


def _by_code(code: int) -> Result:
    if code in TOO_MANY:
        return Result(Outcome.LIMITED, str(code))
    return Result(Outcome.FAILED if code in LATER else Outcome.REFUSED, str(code))
