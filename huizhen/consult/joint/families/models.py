"""Links by which family members follow a consultation."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class FamilyLink(models.Model):
    """One person's way to look at the progress, and nothing else. Who made it and who has it know the link itself;
    here stands its keyed digest. Whoever has the link needs the phone too: `code` is the digest of what was sent last.

    At any time one living link leads from a phone to a consultation: `phone_key` is the phone's keyed index, empty only
    where a link had ended before there was one. Asked for again, the link is the same; `made_at` and `made_by` then
    name the last time.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey("consult.Application", models.PROTECT, related_name="family_links")
    name = EncryptedText()
    phone = EncryptedText()
    phone_key = models.BinaryField(max_length=32, null=True)
    digest = models.BinaryField(max_length=32, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    code = models.BinaryField(max_length=32, default=b"", blank=True)
    code_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="family_link_ends", condition=Q(expires_at__gt=F("made_at"))),
            ExclusionConstraint(
                name="one_living_family_link",
                expressions=[
                    ("application", RangeOperators.EQUAL),
                    ("phone_key", RangeOperators.EQUAL),
                    (
                        Func(
                            F("made_at"), F("expires_at"), Value("[)"), function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(revoked_at__isnull=True),
            ),
        ]  # fmt: skip
