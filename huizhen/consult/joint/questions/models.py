"""A question about a delivered report, and its answer."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Question(models.Model):
    """Asked once (`sent_key` is the sender's own), answered once; neither changes afterwards."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey("consult.Application", models.PROTECT, related_name="questions")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    sent_key = models.CharField(max_length=80)
    question = EncryptedText()
    answer = EncryptedText(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="question_sent_once", fields=["application", "asked_by", "sent_key"]),
            models.CheckConstraint(
                name="answered_by_somebody",
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="question_open", fields=["application"], condition=Q(answered_at__isnull=True)),
        ]
        triggers = [
            pgtrigger.Protect(
                name="answered_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__answered_at__isnull=False)
            ),
            pgtrigger.Protect(name="asked_stays", operation=pgtrigger.Delete),
        ]
