"""Transcripts: what a machine read from a document, and what a person made of it."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON


class TranscriptState(models.TextChoices):
    """How far the reading of a document is."""

    WAITING = "waiting", _("In the queue for reading")
    READING = "reading", _("Being read")
    READ = "read", _("To be checked")
    CONFIRMED = "confirmed", _("Checked")
    FAILED = "failed", _("Could not be read")


class Transcript(models.Model):
    """The reading of one document. `problem`: the code of what went wrong last (`rules.PROBLEMS`). `tries` counts the
    runs since somebody last asked. `pages` holds, per page, its size in pixels and the lines found on it, each with
    its text, how sure the machine was and its four corners, which are places on the photograph set straight where
    `straight` says so; `facts` what the head of the report says."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    document = models.OneToOneField("records.Document", models.PROTECT, related_name="transcript")
    state = models.CharField(max_length=10, choices=TranscriptState, default=TranscriptState.WAITING)
    tries = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=20, blank=True)
    pages = EncryptedJSON(blank=True)
    facts = EncryptedJSON(blank=True)
    straight = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("transcript")
        verbose_name_plural = _("transcripts")
        constraints = [
            models.CheckConstraint(
                name="transcript_confirmed_by_somebody",
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class TranscriptVersion(models.Model):
    """One state of the table. Without `by` the machine read it; with `by` a person confirmed it. Never changed: a
    correction is the next version, so that what stood there can always be seen."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    transcript = models.ForeignKey(Transcript, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    items = EncryptedJSON()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("version of a transcript")
        verbose_name_plural = _("versions of transcripts")
        constraints = [models.UniqueConstraint(name="transcript_version_once", fields=["transcript", "number"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class DocumentWords(models.Model):
    """The words of a document as keyed fingerprints, for PostgreSQL's full text search: the database compares them and
    cannot read them. The key differs from patient to patient, so that equal words of two people do not look equal."""

    document = models.OneToOneField("records.Document", models.PROTECT, primary_key=True, related_name="+")
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    words = SearchVectorField()

    class Meta:
        verbose_name = _("words of a document")
        verbose_name_plural = _("words of documents")
        indexes = [GinIndex(name="document_words", fields=["words"])]
