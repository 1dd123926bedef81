"""Patients, who stands for them, and what was corrected in their data."""

from uuid import UUID

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Sex(models.TextChoices):
    """Administrative gender, as in FHIR."""

    MALE = "male", _("Male")
    FEMALE = "female", _("Female")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Unknown")


class IdentityKind(models.TextChoices):
    """The document that says who somebody is."""

    RESIDENT = "resident", _("Resident identity card")
    PASSPORT = "passport", _("Passport")
    HK_MACAU_PERMIT = "hk_macau_permit", _("Permit of Hong Kong and Macau residents")
    TAIWAN_PERMIT = "taiwan_permit", _("Permit of Taiwan residents")
    FOREIGN_PERMIT = "foreign_permit", _("Permanent residence card")
    BIRTH_CERTIFICATE = "birth_certificate", _("Birth certificate")
    MILITARY = "military", _("Military card")
    NONE = "none", _("None at hand")


class Relation(models.TextChoices):
    """What a guardian is to the patient."""

    PARENT = "parent", _("Parent")
    SPOUSE = "spouse", _("Husband or wife")
    CHILD = "child", _("Son or daughter")
    SIBLING = "sibling", _("Brother or sister")
    LEGAL = "legal", _("Legal guardian")
    OTHER = "other", _("Other relative")


# The two columns only repeat what the merges say. Who saves an old copy of a row, or writes them by hand, is refused.
LINKED_BY_MERGES = """
IF TG_OP = 'UPDATE' AND NEW.replaced_by_id IS NOT DISTINCT FROM OLD.replaced_by_id AND NEW.replaces = OLD.replaces THEN
    RETURN NEW;
END IF;
IF TG_OP = 'INSERT' AND NEW.replaced_by_id IS NULL AND NEW.replaces = '{}' THEN
    RETURN NEW;
END IF;
IF NEW.replaced_by_id IS DISTINCT FROM (
       SELECT survivor_id FROM records_merge WHERE replaced_id = NEW.id AND undone_at IS NULL)
   OR NEW.replaces IS DISTINCT FROM ARRAY(
       SELECT replaced_id FROM records_merge WHERE survivor_id = NEW.id AND undone_at IS NULL
        ORDER BY merged_at, id) THEN
    RAISE EXCEPTION 'patient % is linked by merges only', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


# Asked at the end of the transaction: by then whoever corrects has written down what stood there. What is sealed
# is compared by its fingerprint; a name that only changed its blanks or dots is the same name.
CORRECTIONS_KEPT = """
IF NEW.version <> OLD.version + 1 OR (
    SELECT count(DISTINCT field) FROM records_patientcorrection
     WHERE patient_id = NEW.id AND version = NEW.version AND field = ANY(array_remove(ARRAY[
        CASE WHEN NEW.name_index <> OLD.name_index THEN 'name' END,
        CASE WHEN NEW.identity_kind <> OLD.identity_kind THEN 'identity_kind' END,
        CASE WHEN NEW.phone_index IS DISTINCT FROM OLD.phone_index THEN 'phone' END,
        CASE WHEN NEW.sex <> OLD.sex THEN 'sex' END,
        CASE WHEN NEW.birth_on <> OLD.birth_on THEN 'birth_on' END,
        CASE WHEN NEW.identity_index IS DISTINCT FROM OLD.identity_index AND NEW.identity_kind = OLD.identity_kind
             THEN 'identity_number' END], NULL))
   ) < (NEW.name_index <> OLD.name_index)::int + (NEW.identity_kind <> OLD.identity_kind)::int
     + (NEW.phone_index IS DISTINCT FROM OLD.phone_index)::int + (NEW.sex <> OLD.sex)::int
     + (NEW.birth_on <> OLD.birth_on)::int
     + (NEW.identity_index IS DISTINCT FROM OLD.identity_index AND NEW.identity_kind = OLD.identity_kind)::int THEN
    RAISE EXCEPTION 'patient % was corrected without keeping what stood there', NEW.id
        USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class Patient(models.Model):
    """One person whose health record we keep. Name, number and phone are sealed; the `…_index` columns are their
    keyed fingerprints, for exact look-up only. `organisation` is where the person was registered.

    `version` counts the corrections; each keeps what stood there (`PatientCorrection`).
    `replaced_by` and `replaces` link records that were found to be one person's [FHIR R4 Patient.link]: what the merges
    in force say (`records.merging`), written by their trigger alone.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    name = EncryptedText(max_length=60)
    name_index = models.BinaryField(max_length=32)
    identity_kind = models.CharField(max_length=20, choices=IdentityKind)
    identity_number = EncryptedText(max_length=40, blank=True)
    identity_index = models.BinaryField(max_length=32, null=True)
    phone = EncryptedText(max_length=20, blank=True)
    phone_index = models.BinaryField(max_length=32, null=True)
    sex = models.CharField(max_length=10, choices=Sex)
    birth_on = models.DateField()
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    retired_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    replaces = ArrayField(models.UUIDField(), default=list)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        constraints = [
            models.UniqueConstraint(
                name="patient_identity_once", fields=["identity_index"], condition=Q(retired_at__isnull=True)
            ),
            models.UniqueConstraint(
                name="patient_own_account_once", fields=["account"], condition=Q(retired_at__isnull=True)
            ),
            models.CheckConstraint(
                name="patient_identity_or_none",
                condition=Q(identity_kind="none", identity_index__isnull=True)
                | ~Q(identity_kind="none") & Q(identity_index__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="patient_name", fields=["name_index"]),
            models.Index(name="patient_phone", fields=["phone_index"], condition=Q(phone_index__isnull=False)),
            models.Index(name="patient_organisation", fields=["organisation", "-registered_at", "id"]),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="linked_by_merges", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update,
                func=LINKED_BY_MERGES,
            ),
            pgtrigger.Trigger(
                name="corrections_kept", when=pgtrigger.After, timing=pgtrigger.Deferred,
                operation=pgtrigger.Update, func=CORRECTIONS_KEPT,
                condition=pgtrigger.Condition(
                    "((OLD.name_index, OLD.identity_kind, OLD.identity_index, OLD.phone_index, OLD.sex, OLD.birth_on)"
                    " IS DISTINCT FROM"
                    " (NEW.name_index, NEW.identity_kind, NEW.identity_index, NEW.phone_index, NEW.sex, NEW.birth_on))"
                ),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)

    @property
    def person_ids(self) -> tuple[UUID, ...]:
        """The keys of all records of this person, the one that remains first; of most people there is one."""
        whole = self if self.replaced_by_id is None else self.replaced_by
        return (whole.id, *whole.replaces) if whole else (self.id,)

    @property
    def own_accounts(self) -> tuple[UUID, ...]:
        """The person's own accounts, whichever record has one; a query only where records were merged."""
        if self.replaced_by_id is None and not self.replaces:
            return (self.account_id,) if self.account_id else ()
        found = Patient.objects.filter(id__in=self.person_ids, account__isnull=False)
        return tuple(found.order_by("registered_at", "id").values_list("account_id", flat=True))

    @property
    def places(self) -> tuple[UUID, ...]:
        """The organisations where this person is registered; a query only where records were merged."""
        if self.replaced_by_id is None and not self.replaces:
            return (self.organisation_id,)
        found = Patient.objects.filter(id__in=self.person_ids)
        return tuple(found.order_by("registered_at", "id").values_list("organisation_id", flat=True))


class Guardian(models.Model):
    """An account that acts for a patient, from when to when. Ended, never deleted."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="guardians")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    relation = models.CharField(max_length=10, choices=Relation)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("guardian")
        verbose_name_plural = _("guardians")
        constraints = [
            models.UniqueConstraint(
                name="guardian_once", fields=["patient", "account"], condition=Q(until__isnull=True)
            ),
            models.CheckConstraint(
                name="guardian_ends_after_start", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class PatientCorrection(models.Model):
    """One corrected value of a patient's data: what stood there, what stands there now, who says so and why."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="corrections")
    version = models.PositiveIntegerField(default=0)
    field = models.CharField(max_length=20)
    before = EncryptedText(blank=True)
    after = EncryptedText(blank=True)
    reason = EncryptedText(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
