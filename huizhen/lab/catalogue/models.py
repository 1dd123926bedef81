"""What can be tested: panels, their items, reference ranges, and under which codes instruments send them."""

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

OLDEST_DAYS = 150 * 366


class ValueKind(models.TextChoices):
    """What a value of an item is."""

    QUANTITY = "quantity", _("Number with a unit")
    PRESENCE = "presence", _("Negative or positive")
    TEXT = "text", _("Words")


class Named(models.Model):
    """Something with a name in each of the house's languages."""

    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80)

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Panel(Named):
    """What is ordered together, such as a blood count; an item that is ordered alone is a panel of one."""

    id = models.SmallAutoField(primary_key=True)
    code = models.CharField(_("code"), max_length=20, unique=True)
    specimen = models.CharField(_("specimen"), max_length=20)
    poolable = models.BooleanField(_("may be tested in mixed tubes"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("panel")
        verbose_name_plural = _("panels")


@pghistory.track()
class Item(Named):
    """One test. Its key is small on purpose: it stands in every row of the results.

    `plausible_low` and `plausible_high`: outside them a value is not believed. `delta_percent` within `delta_days`: a
    larger change from the person's last value is looked at by somebody before release. `auto_release`: whether rules
    alone may release it.
    """

    id = models.SmallAutoField(primary_key=True)
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="items", verbose_name=_("panel"))
    code = models.CharField(_("code"), max_length=20, unique=True)
    loinc = models.CharField(_("LOINC code"), max_length=10)
    kind = models.CharField(_("kind of value"), max_length=10, choices=ValueKind)
    unit = models.CharField(_("unit (UCUM)"), max_length=20, blank=True)
    decimals = models.SmallIntegerField(_("decimals"), default=1)
    plausible_low = models.DecimalField(_("plausible from"), max_digits=14, decimal_places=4, null=True, blank=True)
    plausible_high = models.DecimalField(_("plausible to"), max_digits=14, decimal_places=4, null=True, blank=True)
    delta_percent = models.SmallIntegerField(_("largest change in percent"), null=True, blank=True)
    delta_days = models.SmallIntegerField(_("within days"), default=30)
    auto_release = models.BooleanField(_("released by rules"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [
            models.CheckConstraint(name="item_kind", condition=Q(kind__in=ValueKind.values)),
            models.CheckConstraint(name="item_loinc_shape", condition=Q(loinc__regex=r"^[0-9]{1,7}-[0-9]$")),
            models.CheckConstraint(name="item_quantity_has_unit", condition=~Q(kind="quantity") | ~Q(unit="")),
            models.CheckConstraint(
                name="item_plausible_in_order",
                condition=Q(plausible_low=None) | Q(plausible_high=None) | Q(plausible_low__lt=F("plausible_high")),
            ),
            models.CheckConstraint(name="item_delta_sane", condition=Q(delta_percent=None) | Q(delta_percent__gt=0)),
        ]


class _Ages(Func):
    """The ages of a range as PostgreSQL's own range type, the upper end excluded."""

    function = "int4range"
    output_field = IntegerRangeField()


@pghistory.track()
class Range(models.Model):
    """What is usual for a sex (empty: any) at an age in days, from inclusive, to exclusive; beyond the critical limits
    somebody is rung up. Two ranges of one item never cover the same person."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="ranges", verbose_name=_("item"))
    sex = models.CharField(_("sex"), max_length=10, blank=True)
    from_days = models.IntegerField(_("age from (days)"), default=0)
    to_days = models.IntegerField(_("age to (days)"), default=OLDEST_DAYS)
    low = models.DecimalField(_("lower limit"), max_digits=14, decimal_places=4, null=True, blank=True)
    high = models.DecimalField(_("upper limit"), max_digits=14, decimal_places=4, null=True, blank=True)
    critical_low = models.DecimalField(_("critical below"), max_digits=14, decimal_places=4, null=True, blank=True)
    critical_high = models.DecimalField(_("critical above"), max_digits=14, decimal_places=4, null=True, blank=True)

    class Meta:
        verbose_name = _("reference range")
        verbose_name_plural = _("reference ranges")
        constraints = [
            models.CheckConstraint(name="range_sex", condition=Q(sex__in=["", "male", "female"])),
            models.CheckConstraint(
                name="range_ages_in_order", condition=Q(from_days__gte=0, to_days__gt=F("from_days"))
            ),
            models.CheckConstraint(
                name="range_limits_in_order", condition=Q(low=None) | Q(high=None) | Q(low__lte=F("high"))
            ),
            ExclusionConstraint(
                name="range_one_per_person",
                expressions=[
                    ("item", RangeOperators.EQUAL),
                    ("sex", RangeOperators.EQUAL),
                    (_Ages("from_days", "to_days"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.sex} {self.low}–{self.high}"


@pghistory.track()
class Coding(models.Model):
    """The code under which a kind of instrument sends an item. `source` is the profile's name, empty for all.

    `factor` turns the instrument's unit into the item's.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="codings", verbose_name=_("item"))
    source = models.CharField(_("profile"), max_length=60, blank=True)
    code = models.CharField(_("instrument's code"), max_length=60)
    unit = models.CharField(_("instrument's unit"), max_length=30, blank=True)
    factor = models.DecimalField(_("factor"), max_digits=16, decimal_places=8, default=1)

    class Meta:
        verbose_name = _("instrument code")
        verbose_name_plural = _("instrument codes")
        constraints = [
            models.UniqueConstraint(name="coding_once", fields=["source", "code"]),
            models.CheckConstraint(name="coding_factor_positive", condition=Q(factor__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.code} → {self.item}"


@pghistory.track()
class ControlTarget(models.Model):
    """What a control material must give: its barcode or lot begins with `lot`; a number within limits, or presence."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="controls", verbose_name=_("item"))
    lot = models.CharField(_("control (beginning of its code)"), max_length=40)
    low = models.DecimalField(_("lower limit"), max_digits=14, decimal_places=4, null=True, blank=True)
    high = models.DecimalField(_("upper limit"), max_digits=14, decimal_places=4, null=True, blank=True)
    presence = models.CharField(_("negative or positive"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("control target")
        verbose_name_plural = _("control targets")
        constraints = [
            models.UniqueConstraint(name="control_target_once", fields=["item", "lot"]),
            models.CheckConstraint(name="control_presence", condition=Q(presence__in=["", "negative", "positive"])),
        ]

    def __str__(self) -> str:
        return f"{self.lot}: {self.item}"
