"""A device as its owner knows it: what a browser says of itself is for machines."""

from django.utils.translation import gettext as _

# The first that is found counts: Edge and WeChat call themselves Chrome too, and Chrome calls itself Safari.
BROWSERS = {"Edg": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "Windows": "Windows", "Android": "Android", "HarmonyOS": "HarmonyOS", "iPhone": "iPhone", "iPad": "iPad",
    "Macintosh": "Mac", "Linux": "Linux",
}  # fmt: skip


def name_device(agent: str) -> str:
    """Browser and system of a User-Agent header: `Chrome · Windows`."""
    browsers = {"MicroMessenger/": _("WeChat"), **BROWSERS}
    found = (next((name for mark, name in marks.items() if mark in agent), "") for marks in (browsers, SYSTEMS))
    return " · ".join(filter(None, found)) or _("A device that does not say what it is")
