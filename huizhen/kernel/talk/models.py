"""Messages of a case, numbered in the order everybody sees them, kept and never edited away."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Kind(models.TextChoices):
    """What a message is. `system` is written by the house and has no sender."""

    TEXT = "text", _("Text")
    PICTURE = "picture", _("Picture")
    FILE = "file", _("File")
    VOICE = "voice", _("Voice")
    SYSTEM = "system", _("Notice")


class Audience(models.TextChoices):
    """Who may see a message: each includes the ones after it."""

    PATIENT = "patient", _("Patient and staff")
    STAFF = "staff", _("Staff on the case")
    PANEL = "panel", _("Those who give the opinion")
    TEAM = "team", _("Owning team")


# The message may only be marked as taken back, once, and move to the end of the list of changes for it.
# (`huizhen crypto rotate` sets triggers aside for its own statements.)
KEPT = """
IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'message % is kept', OLD.id USING ERRCODE = 'check_violation';
END IF;
IF OLD.retracted_at IS NOT NULL OR NEW.retracted_at IS NULL
   OR to_jsonb(NEW) - '{retracted_at,retracted_by_id,cursor}'::text[]
      IS DISTINCT FROM to_jsonb(OLD) - '{retracted_at,retracted_by_id,cursor}'::text[] THEN
    RAISE EXCEPTION 'message % may only be taken back', OLD.id USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


class Conversation(models.Model):
    """One row per case with messages. Its lock makes the order of numbers the order of commits.

    A row of its own, so that talking never waits for a move of the case, nor the reverse.
    """

    case = models.OneToOneField("kernel.Case", models.PROTECT, primary_key=True, related_name="conversation")
    last_number = models.IntegerField(default=0)
    last_cursor = models.IntegerField(default=0)


class Message(models.Model):
    """One message. `number` is its place; `cursor` is where its last change stands in the list of changes.

    `client_id` is made by the client before the first try, so that a retry stores nothing twice.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, related_name="messages", db_index=False)
    number = models.IntegerField()
    cursor = models.IntegerField()
    at = models.DateTimeField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    audience = models.CharField(max_length=10, choices=Audience)
    body = EncryptedText(blank=True)
    client_id = models.CharField(max_length=64)
    retracted_at = models.DateTimeField(null=True)
    retracted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="message_numbered", fields=["case", "number"]),
            models.UniqueConstraint(name="message_cursor", fields=["case", "cursor"]),
            models.UniqueConstraint(
                name="message_stored_once", fields=["case", "sender", "client_id"], nulls_distinct=False
            ),
            models.CheckConstraint(name="message_kind", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="message_audience", condition=Q(audience__in=Audience.values)),
            models.CheckConstraint(name="message_has_sender", condition=Q(kind="system") | Q(sender__isnull=False)),
            models.CheckConstraint(
                name="retraction_whole",
                condition=Q(retracted_at__isnull=True, retracted_by__isnull=True) | Q(retracted_at__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="kept", when=pgtrigger.Before, operation=pgtrigger.Update | pgtrigger.Delete, func=KEPT
            )
        ]


class MessageFile(models.Model):
    """A file attached to a message, in the order the sender put them."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="files", db_index=False)
    file = models.ForeignKey("kernel.File", models.PROTECT, related_name="+")
    place = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="attachment_placed", fields=["message", "place"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class ReadMark(models.Model):
    """How far somebody has read the conversation of a case. Never goes back."""

    case = models.ForeignKey("kernel.Case", models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    number = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_read_mark", fields=["case", "account"])]
