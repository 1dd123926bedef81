"""Model fields whose column holds ciphertext bound to `table.column` and the row's key.

    phone = EncryptedText(max_length=20)
    findings = EncryptedJSON(blank=True)

The attribute reads and writes plain values; opening happens at the first access of the attribute, once.
Blank values of `blank=True` fields are stored as no bytes at all, so that blankness, like NULL, can be seen.
"""

from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.core import checks
from django.core.exceptions import FieldError, ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from huizhen.kernel.crypto.sealed import Sealed, SealedBytes, SealedJSON, SealedText


class PlainRefused(FieldError):
    """A plain value was on its way into an encrypted column by a road that does not know the row, such as
    `QuerySet.update()` or `bulk_update()`. Load the row and save it."""


class Ciphertext(bytes):
    """Bytes that `pre_save` made for one row; the only kind that may enter the column."""


class SealedAttribute(DeferredAttribute):
    """Opens the cell when its attribute is first read."""

    field: "EncryptedField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        held = instance.__dict__
        name = self.field.attname
        value = held[name] if name in held else super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = held[name] = value.open(value.pk or self.field.row_key(instance))
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        # The key is noted now: a copy made by giving the object a new key must still open what it was loaded with.
        if isinstance(value, Sealed) and value.pk is None:
            value.pk = instance.__dict__.get(self.field.key_attribute)
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.Field):  # type: ignore[type-arg]  # generic in the stubs only
    """What both fields share. `bound_as="old_table.column"` keeps old rows readable after a rename."""

    sealed: type[Sealed]
    descriptor_class = SealedAttribute

    def __init__(self, *args: Any, bound_as: str = "", **kwargs: Any) -> None:
        self.bound_as = bound_as
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Carry `bound_as` into migrations."""
        name, path, args, kwargs = super().deconstruct()
        if self.bound_as:
            kwargs["bound_as"] = self.bound_as
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Stored as `bytea`."""
        return "BinaryField"

    def blank_value(self) -> Any:
        """What a blank cell reads as."""
        return self.sealed.unpack(b"")

    def get_default(self) -> Any:
        """The declared default; else nothing where NULL may stand, else the blank value."""
        if self.has_default():
            return super().get_default()
        return None if self.null else self.blank_value()

    # --- binding -------------------------------------------------------------------------------------------------
    @cached_property
    def bound_column(self) -> str:
        """`table.column` of the associated data. A pghistory event holds copies of its tracked table's cells."""
        owner = getattr(self.model, "pgh_tracked_model", self.model)
        there: Any = owner._meta.get_field(self.name)
        return self.bound_as or there.bound_as or f"{owner._meta.db_table}.{self.column}"

    @cached_property
    def key_attribute(self) -> str:
        """The attribute that holds the key of the row the cell belongs to."""
        return str(getattr(self.model, "pgh_tracked_model", self.model)._meta.pk.attname)

    def row_key(self, instance: models.Model) -> UUID | str | None:
        """The key the cell of this object is bound to."""
        return getattr(instance, self.key_attribute)  # type: ignore[no-any-return]

    # --- between row and attribute -------------------------------------------------------------------------------
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        """Wrap what the database gave; nothing is opened yet."""
        return None if value is None else self.sealed(bytes(value), self.bound_column, blank=self.blank)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal for exactly this row. A cell never opened since it was loaded goes back as it came."""
        key = self.row_key(model_instance)
        value = model_instance.__dict__.get(self.attname, self)
        if isinstance(value, Sealed):
            if value.pk == key and value.column == self.bound_column:
                return Ciphertext(value.data)
            value = value.open()
        elif value is self:
            value = getattr(model_instance, self.attname)
        if value is None:
            return None
        if key is None:
            raise ValueError(f"{self.bound_column} is sealed for a row whose key is not known yet")
        if self.blank and value == self.blank_value():
            return Ciphertext()
        return Ciphertext(self.sealed.close(value, self.bound_column, key))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> bytes | None:
        """Let ciphertext, NULL and blank pass.

        Raises:
            PlainRefused: anything else.
        """
        if value is None:
            return None
        if isinstance(value, Ciphertext):
            return bytes(value)
        if self.blank and value == self.blank_value():
            return b""
        raise PlainRefused(f"{self.model._meta.label}.{self.name} is encrypted: load the row and save it")

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """As `get_db_prep_value`, for columns copied by expressions too."""
        return value if hasattr(value, "as_sql") else self.get_db_prep_value(value, connection)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only `isnull` can be asked of ciphertext; look values up by `crypto.blind` in a column of its own."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.model._meta.label}.{self.name} is encrypted: look it up by a blind index")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        """None: the database cannot look inside."""
        raise FieldError(f"{self.model._meta.label}.{self.name} is encrypted: the database cannot look inside")

    def value_to_string(self, obj: models.Model) -> str:
        """Fixtures would put plain text on disk or ciphertext where it cannot be read: neither."""
        raise FieldError(f"{self.model._meta.label}.{self.name} is encrypted and is not written to fixtures")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Refuse indexes on ciphertext, and tables whose key is not known before the insert."""
        found = super().check(**kwargs)
        if self.unique or getattr(self, "db_index", False) or self.primary_key:
            found.append(checks.Error("An encrypted column cannot be indexed.", obj=self, id="kernel.E001"))
        key: Any = self.model._meta.pk
        holder = key.target_field if key.remote_field else key
        if not hasattr(self.model, "pgh_tracked_model") and not isinstance(holder, models.UUIDField):
            found.append(checks.Error("An encrypted column needs a UUID primary key.", obj=self, id="kernel.E002"))
        return found


class EncryptedText(EncryptedField):
    """Encrypted text. With `max_length` (characters) a form shows one line, without it a text area."""

    sealed = SealedText
    description = "Encrypted text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def to_python(self, value: Any) -> Any:
        """Text, or None."""
        return value if value is None or isinstance(value, str) else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A line or a text area; an empty one is NULL only where the column allows NULL."""
        choices: dict[str, Any] = {"form_class": forms.CharField, "max_length": self.max_length}
        if self.null:
            choices["empty_value"] = None
        if self.max_length is None:
            choices["widget"] = forms.Textarea
        return super().formfield(**choices | kwargs)


class EncryptedBytes(EncryptedField):
    """Encrypted bytes, such as a message of a device in whatever encoding it was sent. No form edits them."""

    sealed = SealedBytes
    description = "Encrypted bytes"


class EncryptedJSON(EncryptedField):
    """An encrypted JSON document; reads as Python lists, dictionaries, texts and numbers."""

    sealed = SealedJSON
    description = "Encrypted JSON"
    empty_strings_allowed = False

    def validate(self, value: Any, model_instance: Any) -> None:
        """Refuse what JSON cannot hold."""
        super().validate(value, model_instance)
        try:
            self.sealed.pack(value)
        except (TypeError, ValueError):
            raise ValidationError(forms.JSONField.default_error_messages["invalid"], params={"value": value}) from None

    def formfield(self, **kwargs: Any) -> Any:
        """A JSON text area."""
        return super().formfield(**{"form_class": forms.JSONField} | kwargs)
