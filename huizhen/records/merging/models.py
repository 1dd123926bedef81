"""Pairs of records that may be one person's, and the merges. Nothing of a record is moved or overwritten by either."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText

# Both records are locked in one order before anything is looked at: of two merges at once the second sees the first.
NO_CHAIN = """
PERFORM 1 FROM records_patient WHERE id IN (NEW.survivor_id, NEW.replaced_id) ORDER BY id FOR NO KEY UPDATE;
IF EXISTS (SELECT 1 FROM records_patient WHERE id IN (NEW.survivor_id, NEW.replaced_id) AND retired_at IS NOT NULL)
   OR EXISTS (SELECT 1 FROM records_merge WHERE undone_at IS NULL
              AND (survivor_id = NEW.replaced_id OR replaced_id = NEW.survivor_id)) THEN
    RAISE EXCEPTION 'merge_no_chain: a merged record takes part in no other merge' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""
ONLY_UNDONE = """
IF OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL
   OR to_jsonb(NEW) - 'undone_at' - 'undone_by_id' - 'undone_reason' IS DISTINCT FROM
      to_jsonb(OLD) - 'undone_at' - 'undone_by_id' - 'undone_reason' THEN
    RAISE EXCEPTION 'merge % is not edited, only undone once', OLD.id USING ERRCODE = 'check_violation';
END IF;
PERFORM 1 FROM records_patient WHERE id IN (NEW.survivor_id, NEW.replaced_id) ORDER BY id FOR NO KEY UPDATE;
RETURN NEW;
"""
LINK = """
UPDATE records_patient SET replaced_by_id = CASE WHEN NEW.undone_at IS NULL THEN NEW.survivor_id END
 WHERE id = NEW.replaced_id;
UPDATE records_patient SET replaces = ARRAY(
       SELECT replaced_id FROM records_merge WHERE survivor_id = NEW.survivor_id AND undone_at IS NULL
        ORDER BY merged_at, id)
 WHERE id = NEW.survivor_id;
RETURN NULL;
"""


class Outcome(models.TextChoices):
    """What a person decided about a pair."""

    OPEN = "open", _("To be compared")
    MERGED = "merged", _("Joined")
    DIFFERENT = "different", _("Two people")


class Likeness(models.Model):
    """Two records that may be one person's, with the rules that say so (`rules.REASONS`). A pair is kept once, the
    smaller key first; who was found to be two people is not asked about again."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    first = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    second = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    reasons = ArrayField(models.CharField(max_length=20))
    found_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        constraints = [
            models.UniqueConstraint(name="likeness_once", fields=["first", "second"]),
            models.CheckConstraint(name="likeness_ordered", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(name="likeness_has_reasons", condition=Q(reasons__len__gt=0)),
            models.CheckConstraint(
                name="likeness_settled",
                condition=Q(outcome="open", settled_at__isnull=True) | ~Q(outcome="open") & Q(settled_at__isnull=False),
            ),
        ]
        indexes = [models.Index(name="likeness_open", fields=["-found_at", "id"], condition=Q(outcome="open"))]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Merge(models.Model):
    """`replaced` stands for the same person as `survivor`, from `merged_at` until it is undone [FHIR R4 Patient.link].

    A row is never edited; it is undone once, with a reason, and may be merged again as a new row.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    survivor = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    replaced = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    reasons = ArrayField(models.CharField(max_length=20), default=list)
    note = EncryptedText(max_length=500, blank=True)
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    undone_reason = EncryptedText(max_length=500, blank=True)

    class Meta:
        verbose_name = _("merge of two records")
        verbose_name_plural = _("merges of records")
        constraints = [
            models.UniqueConstraint(name="merge_once", fields=["replaced"], condition=Q(undone_at__isnull=True)),
            models.CheckConstraint(name="merge_of_two", condition=~Q(survivor=F("replaced"))),
            models.CheckConstraint(
                name="merge_undone_by_somebody",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(name="no_chain", when=pgtrigger.Before, operation=pgtrigger.Insert, func=NO_CHAIN),
            pgtrigger.Trigger(name="only_undone", when=pgtrigger.Before, operation=pgtrigger.Update, func=ONLY_UNDONE),
            pgtrigger.Trigger(
                name="link", when=pgtrigger.After, operation=pgtrigger.Insert | pgtrigger.Update, func=LINK
            ),
        ]
