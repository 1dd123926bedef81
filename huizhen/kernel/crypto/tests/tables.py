"""A table with encrypted columns that exists in these tests only."""

import pgtrigger
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


class Line(models.Model):
    """A line of a log that may not be changed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    text = EncryptedText()

    class Meta:
        app_label = "sealed_tests"
        apps = ONLY_HERE
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
