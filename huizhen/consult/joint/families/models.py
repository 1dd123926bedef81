"""Links by which family members follow a consultation."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class FamilyLink(models.Model):
    """One person's way to look at the progress, and nothing else. Who made it and who has it know the link itself;
    here stands its keyed digest. Whoever has the link needs the phone too: `code` is the digest of what was sent last.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey("consult.Application", models.PROTECT, related_name="family_links")
    name = EncryptedText()
    phone = EncryptedText()
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
        constraints = [models.CheckConstraint(name="family_link_ends", condition=Q(expires_at__gt=F("made_at")))]
