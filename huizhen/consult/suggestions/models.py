"""What suggestions remember: what each case is about (sealed), what each expert has done, and what was learnt here."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON


class Recognition(models.Model):
    """What a case is about, as codes of topics; sealed, because it says what somebody suffers from."""

    application = models.OneToOneField("consult.Application", models.PROTECT, primary_key=True, related_name="+")
    topics = EncryptedJSON(default=list)
    read_at = models.DateTimeField()


class Sort(models.TextChoices):
    """What an experience counts: opinions signed on a topic, or refusals of a specialty as not one's field."""

    TOPIC = "topic"
    UNFIT = "unfit"


class Experience(models.Model):
    """How often an expert did something. Counted anew from the cases whenever one of them changes."""

    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    sort = models.CharField(max_length=10, choices=Sort)
    key = models.CharField(max_length=40)
    cases = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="experience_once", fields=["expert", "sort", "key"]),
            models.CheckConstraint(name="experience_sort", condition=Q(sort__in=Sort.values)),
        ]
        # Who knows a topic, without reading what everybody knows.
        indexes = [models.Index(name="experience_by_key", fields=["sort", "key"], include=["expert", "cases"])]


class Pace(models.Model):
    """How fast an expert answers invitations and writes opinions: medians of the last half year, in minutes."""

    expert = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    asked = models.PositiveIntegerField(default=0)
    declined = models.PositiveIntegerField(default=0)
    opinions = models.PositiveIntegerField(default=0)
    answers_in = models.PositiveIntegerField(null=True)
    writes_in = models.PositiveIntegerField(null=True)


class Learning(models.Model):
    """What was learnt from an institution's own closed cases: token counts by specialty, and how well it does.

    `counts` holds only tokens that stand in several patients' cases. One learning is in use.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    learnt_at = models.DateTimeField()
    cases = models.PositiveIntegerField()
    counts = EncryptedJSON(default=dict)
    figures = models.JSONField(default=dict)
    in_use = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_learning_in_use", fields=["in_use"], condition=Q(in_use=True))]
