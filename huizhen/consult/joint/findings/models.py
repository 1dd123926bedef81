"""Templates of structured findings: master data that operators keep, with history."""

from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.findings.rules import BadTemplate, check_items


def check_items_field(value: Any) -> None:
    """As a validator of the back office.

    Raises:
        ValidationError: with where the items are wrong.
    """
    try:
        check_items(value)
    except BadTemplate as error:
        raise ValidationError(str(error)) from error


@pghistory.track()
class OpinionTemplate(models.Model):
    """What is noted item by item, e.g. for a lung nodule. `specialty`: whose consultations offer it; none: all.

    `items`: see `rules.check_items`. `version` counts what is asked (`actions.save_template`): an opinion goes on with
    the version it was begun with, which the history keeps, and holds the labels as they were.
    """

    code = models.SlugField(_("Short name"), max_length=40, primary_key=True)
    specialty = models.ForeignKey(
        "people.Specialty", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Specialty")
    )
    name = models.CharField(_("Name in Chinese"), max_length=60)
    name_en = models.CharField(_("Name in English"), max_length=80)
    items = models.JSONField(_("Items"), validators=[check_items_field])
    active = models.BooleanField(_("Offered"), default=True)
    version = models.PositiveIntegerField(_("Version"), default=1)

    class Meta:
        verbose_name = _("opinion template")
        verbose_name_plural = _("opinion templates")

    def __str__(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name
