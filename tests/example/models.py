"""An errand's own table: what is wished for, and the receipt that proves it was done."""

from django.db import models
from django.db.models import Q

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Errand(models.Model):
    """One errand, one case. `price` in fen; the wish may tell about somebody's health, so it is sealed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.OneToOneField("kernel.Case", models.PROTECT, related_name="errand")
    wish = EncryptedText()
    price = models.PositiveIntegerField()
    receipt = models.ForeignKey("kernel.File", models.PROTECT, null=True, related_name="+")
    thanked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="errand_costs_something", condition=Q(price__gt=0))]
