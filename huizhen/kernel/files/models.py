"""Files as people know them, their contents as stored once, and the pieces of uploads under way."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class FileState(models.TextChoices):
    """How far a file has come."""

    UPLOADING = "uploading", _("Uploading")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")


class Content(models.Model):
    """Bytes stored once, however many files hold them. Never changed.

    `address` is a keyed digest of the SHA-256, so that nobody can look for a known document in the table.
    `key` is this content's own random key: rotating the ring seals it anew and leaves the bytes alone.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    address = models.BinaryField(max_length=32, unique=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    object_name = models.CharField(max_length=200, unique=True)
    cipher = models.CharField(max_length=10)
    key = EncryptedText()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "kernel_filecontent"
        constraints = [models.CheckConstraint(name="content_not_empty", condition=Q(size__gt=0))]


class File(models.Model):
    """One file of one person: the name it came under, and its content once it is ready.

    `size` is in bytes, promised at the start; `offset` is how much of it is safely held.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    name = EncryptedText(max_length=255)
    purpose = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=FileState, default=FileState.UPLOADING)
    refusal = models.CharField(max_length=20, blank=True)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    media_type = models.CharField(max_length=100, blank=True)
    sha256 = EncryptedText(max_length=64, blank=True)
    content = models.ForeignKey(Content, models.PROTECT, null=True, related_name="files")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="file_ready_has_content", condition=~Q(state="ready") | Q(content__isnull=False)
            ),
            models.CheckConstraint(name="file_refused_says_why", condition=~Q(state="refused") | ~Q(refusal="")),
            models.CheckConstraint(name="file_holds_no_more", condition=Q(offset__gte=0, offset__lte=models.F("size"))),
        ]
        indexes = [
            models.Index(name="file_expiry", fields=["expires_at"], condition=Q(state="uploading")),
        ]


class UploadPart(models.Model):
    """A piece of an upload, held as an object of its own until the file is whole."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="parts", db_index=False)
    offset = models.BigIntegerField()
    size = models.IntegerField()
    object_name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_part_at_an_offset", fields=["file", "offset"])]
