"""Accounts: staff log in by name and second factor, patients by phone code."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock, ids
from huizhen.kernel.crypto.fields import EncryptedText


class Kind(models.TextChoices):
    """Staff work in an organisation; patients also stand for their family."""

    STAFF = "staff", _("Staff")
    PATIENT = "patient", _("Patient or family")


STAFF_NAME = RegexValidator(
    r"^(?!patient-)[a-z0-9][a-z0-9._-]{1,58}$",
    _("A log-in name has 2 to 59 small letters, digits, dots, dashes or underscores."),
)


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by log-in name, as Django's own commands expect."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        """Store a staff account. Features use `accounts.actions`; this one is for Django and for tests."""
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """One person who can log in. What they may do hangs on memberships, never on flags of this row."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.STAFF)
    username = models.CharField(_("log-in name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = EncryptedText(_("phone"), max_length=20, blank=True)
    phone_index = models.BinaryField(max_length=32, null=True, editable=False)
    phone_confirmed_at = models.DateTimeField(null=True, editable=False)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    elder_mode = models.BooleanField(_("large type"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    home = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("organisation")
    )

    # The memberships in force, where the account came with them (`backends`); None: not asked yet.
    held: "tuple[Any, ...] | None" = None

    objects = AccountManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(name="account_kind", condition=Q(kind__in=Kind.values)),
            # A doctor may be a patient too, with a second account and the same phone.
            models.UniqueConstraint(
                name="one_patient_account_a_phone", fields=["phone_index"], condition=Q(kind=Kind.PATIENT)
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        """Whether this is a member of staff; asked by Django's admin, which then asks our own permissions."""
        return self.kind == Kind.STAFF
