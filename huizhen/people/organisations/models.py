"""The tree of organisations, and who works where as what."""

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.kernel import clock, ids
from huizhen.people.organisations import triggers


class Kind(models.TextChoices):
    """What an organisation is; `rules.CHILDREN` says which may lie below which."""

    PLATFORM = "platform", _("Regional platform")
    GROUP = "group", _("Hospital group")
    HOSPITAL = "hospital", pgettext_lazy("kind of organisation", "Hospital")
    CLINIC = "clinic", _("Clinic")
    DEPARTMENT = "department", _("Department")


class Role(models.TextChoices):
    """What somebody is at an organisation. A role reaches over the organisation's whole subtree."""

    APPLICANT = "applicant", _("Applicant doctor")
    COORDINATOR = "coordinator", _("Coordinator")
    TEAM_LEAD = "team_lead", _("Team lead")
    EXPERT = "expert", _("Expert")
    DEPARTMENT_HEAD = "department_head", _("Department head")
    LABORATORY = "laboratory", _("Laboratory staff")
    COLLECTOR = "collector", _("Specimen collector")
    OPERATOR = "operator", pgettext_lazy("role", "Operator")
    SYSTEM_ADMIN = "system_admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    AUDIT_ADMIN = "audit_admin", _("Audit administrator")


@pghistory.track()
class Organisation(models.Model):
    """A node of the tree. `path` runs from the root to the row itself and is written by a trigger only."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = models.CharField(_("name"), max_length=120)
    code = models.CharField(_("code"), max_length=40, unique=True)
    is_centre = models.BooleanField(_("has a consultation centre"), default=False)
    path = ArrayField(models.UUIDField(), default=list, editable=False)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.CheckConstraint(name="organisation_kind", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="organisation_not_below_itself", condition=~Q(parent=F("id"))),
            models.CheckConstraint(
                name="platform_is_a_root", condition=~Q(kind=Kind.PLATFORM) | Q(parent__isnull=True)
            ),
        ]
        indexes = [GinIndex(name="organisation_path", fields=["path"])]
        triggers = triggers.TREE

    def __str__(self) -> str:
        return self.name


class TreeVersion(models.Model):
    """One row, counted up by a trigger at every change of the tree, so that other processes notice."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)


@pghistory.track()
class Membership(models.Model):
    """A role somebody holds at an organisation. Ended, never deleted."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships", verbose_name=_("account")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="memberships", db_index=False, verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    since = models.DateTimeField(_("since"), default=clock.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                name="one_active_membership", fields=["account", "organisation", "role"], condition=Q(until=None)
            ),
            models.CheckConstraint(name="membership_role", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="membership_ends_after_it_began", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]
        indexes = [models.Index(name="membership_team", fields=["organisation", "role"], condition=Q(until=None))]
        triggers = triggers.ADMINISTRATORS

    def __str__(self) -> str:
        return f"{self.account} · {self.get_role_display()} · {self.organisation}"
