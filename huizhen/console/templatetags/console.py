"""Tags and filters of the console's pages; loaded everywhere as built-ins."""

import logging
import re
from datetime import datetime

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from huizhen.console import assets, devices, durations
from huizhen.console.icons import ICONS
from huizhen.kernel import clock

register = template.Library()
log = logging.getLogger(__name__)


@register.simple_tag
def asset(name: str) -> SafeString:
    """The `<link>` and `<script>` of an entry of `ui/src`. Where the assets are not built the page stays readable."""
    found = assets.entry(name)
    if found is None:
        log.warning("console assets are not built: npm run build in ui/")
        return mark_safe("<!-- console assets are not built -->")
    styles = format_html_join("", '<link rel="stylesheet" href="{}">', ((static(path),) for path in found.styles))
    scripts = format_html_join("", '<script type="module" src="{}"></script>', ((static(p),) for p in found.scripts))
    return styles + scripts


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """One line icon, hidden from screen readers; the word stands beside it."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        extra,
        ICONS[name],
    )


@register.simple_tag
def mark_address() -> str:
    """Where the small mark for the browser's tab lies."""
    return static("mark.svg")


@register.filter
def until(at: datetime | None) -> str:
    """`2 hours left` or `20 minutes late`; empty for nothing."""
    return durations.until(at, now=clock.now()) if at else ""


@register.filter
def since(at: datetime | None) -> str:
    """How long ago, as a plain length: `3 hours`."""
    return durations.length(clock.now() - at) if at else ""


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A `<time>` that reads `today 14:30`."""
    if not at:
        return ""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), durations.moment(at, now=clock.now()))


@register.filter
def device(agent: str) -> str:
    """A browser as its owner knows it: `Chrome · Windows`."""
    return devices.name_device(agent)


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POWER = re.compile(r"10[*^](-?[0-9]+)")


@register.filter
def unit(code: str) -> str:
    """A unit as people write it: UCUM's `10*9/L` reads 10⁹/L, its `umol` μmol."""
    written = POWER.sub(lambda found: f"10{found[1].translate(RAISED)}", code or "")
    return re.sub(r"^u(?=[a-zA-Z])", "μ", written)


@register.filter
def is_past(at: datetime | None) -> bool:
    """Whether a time has passed."""
    return at < clock.now() if at else False


@register.filter
def initial(name: str) -> str:
    """What an avatar shows: the last character of a Chinese name, the first letter of any other."""
    name = (name or "").strip()
    if not name:
        return "·"
    # house: chinese, because these two are the ends of the range of Chinese characters
    return name[-1] if "一" <= name[0] <= "鿿" else name[0].upper()


@register.filter
def looks(field: BoundField) -> str:
    """How a bound field is laid out: `check` (one box), `choices` (a group), or `plain`."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "check"
    return "choices" if isinstance(widget, RadioSelect | CheckboxSelectMultiple) else "plain"


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The widget of a bound field with our look, tied to its hint and its errors."""
    name = field.id_for_label
    about = [f"{name}-hint"] if field.help_text else []
    attributes: dict[str, str | bool] = {}
    if looks(field) == "plain":
        attributes["class"] = f"input {field.field.widget.attrs.get('class', '')}".strip()
    if field.errors:
        about.append(f"{name}-error")
        attributes["aria-invalid"] = "true"
    if about:
        attributes["aria-describedby"] = " ".join(about)
    return field.as_widget(attrs=attributes)
