"""A table with encrypted columns that exists in these tests only."""

from django.apps.registry import Apps
from django.db import models

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON, EncryptedText

ONLY_HERE = Apps()


class Note(models.Model):
    """Every form an encrypted column may take."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    title = models.CharField(max_length=20, default="")
    phone = EncryptedText(max_length=20)
    text = EncryptedText(blank=True)
    extra = EncryptedText(null=True, blank=True)
    findings = EncryptedJSON(blank=True)

    class Meta:
        app_label = "sealed_tests"
        apps = ONLY_HERE
