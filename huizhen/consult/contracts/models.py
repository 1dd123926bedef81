"""Contracts with their history, and every use made of one."""

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids


@pghistory.track()
class Contract(models.Model):
    """`asking` (with all below it) may ask experts of `answering` (and below). Prices are in fen for each expert."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    asking = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", verbose_name=_("asks"))
    answering = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", verbose_name=_("answers"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    monthly_limit = models.PositiveIntegerField(_("consultations a month, at most"), null=True, blank=True)
    fee_fen = models.PositiveIntegerField(_("price for each expert (fen)"), default=0)
    urgent_fee_fen = models.PositiveIntegerField(_("price when urgent (fen)"), default=0)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            models.CheckConstraint(name="contract_between_two", condition=~Q(asking=F("answering"))),
            models.CheckConstraint(
                name="contract_in_order", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="contract_limit", condition=Q(monthly_limit__isnull=True) | Q(monthly_limit__gte=1)
            ),
            models.UniqueConstraint(
                name="contract_open_once", fields=["asking", "answering"], condition=Q(ends_on__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asking} → {self.answering}"


class ContractUse(models.Model):
    """One expert asked under a contract, at the price of that day; released where it came to nothing."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="uses", db_index=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, related_name="+", db_index=False)
    invitation = models.OneToOneField("consult.Invitation", models.PROTECT, related_name="+")
    fee_fen = models.PositiveIntegerField()
    used_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="contract_used", fields=["contract", "used_at"], condition=Q(released_at__isnull=True))
        ]
