"""Answers kept for a day, so that a request sent twice is carried out once."""

from django.conf import settings
from django.db import models

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class KeptAnswer(models.Model):
    """The answer to one write of one account. `key` and `request` are keyed digests (32 bytes): neither what a client
    chose as its key nor what it sent can be read here. `answer` may hold health data, so it is sealed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    key = models.BinaryField(max_length=32)
    request = models.BinaryField(max_length=32)
    answer = EncryptedText()
    at = models.DateTimeField()

    class Meta:
        db_table = "api_keptanswer"
        constraints = [models.UniqueConstraint(name="answer_kept_once", fields=["account", "key"])]
        indexes = [models.Index(name="kept_answer_age", fields=["at"])]
