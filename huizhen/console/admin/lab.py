"""The laboratory's master data in the back office: sites, campaigns, the catalogue, upstream platforms."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from huizhen.console.admin.masters import Master
from huizhen.console.admin.passwords import PasswordForm, password_field
from huizhen.console.admin.site import site


class Row(TabularInline):
    """Rows that belong to an item: they come and go with a new range of the manufacturer, and history keeps the old."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the item sees its rows."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The item's own page has asked for the right already."""
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As above."""
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As above; pghistory keeps what stood there."""
        return True


class RangeRow(Row):
    """Reference ranges by sex and age."""

    model = apps.get_model("lab", "Range")


class CodingRow(Row):
    """Codes under which instruments send the item."""

    model = apps.get_model("lab", "Coding")


class ControlRow(Row):
    """What controls must give."""

    model = apps.get_model("lab", "ControlTarget")


@admin.register(apps.get_model("lab", "Panel"), site=site)
class PanelAdmin(Master):
    """What is ordered together."""

    list_display = ("code", "name_zh", "name_en", "specimen", "poolable", "is_active")
    search_fields = ("code", "name_zh", "name_en")


@admin.register(apps.get_model("lab", "Item"), site=site)
class ItemAdmin(Master):
    """Items with their ranges, codes and controls."""

    list_display = ("code", "name_zh", "name_en", "loinc", "unit", "auto_release", "is_active")
    list_filter = ("panel", "kind", "is_active")
    search_fields = ("code", "name_zh", "name_en", "loinc")
    inlines = (RangeRow, CodingRow, ControlRow)


@admin.register(apps.get_model("lab", "Site"), site=site)
class SiteAdmin(Master):
    """Collection sites."""

    list_display = ("name", "code", "organisation", "laboratory", "is_active")
    list_select_related = ("organisation", "laboratory")
    search_fields = ("name", "code")
    autocomplete_fields = ("organisation", "laboratory")


@admin.register(apps.get_model("lab", "Campaign"), site=site)
class CampaignAdmin(Master):
    """Testing of many."""

    list_display = ("name", "organisation", "panel", "capacity", "begins_on", "ends_on")
    list_select_related = ("organisation", "panel")
    search_fields = ("name",)
    autocomplete_fields = ("organisation", "panel")


class UpstreamForm(PasswordForm):
    """A platform with its password."""

    address_in, password_in = "url", "secret"
    secret = password_field()


@admin.register(apps.get_model("lab", "Upstream"), site=site)
class UpstreamAdmin(Master):
    """Platforms that want the results. Their passwords are never shown again."""

    form = UpstreamForm
    list_display = ("name", "organisation", "way", "format", "url", "is_active")
    list_select_related = ("organisation",)
    search_fields = ("name",)
    autocomplete_fields = ("organisation",)
