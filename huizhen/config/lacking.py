"""What the settings leave undone in real use: it keeps no process from starting, and is said before it surprises."""

from django.conf import settings


def lacking() -> list[str]:
    """A sentence for each, with what helps; nothing in the demonstration."""
    if settings.DEMO:
        return []
    if settings.SIGNING == "demonstration":
        return [
            "HUIZHEN_SIGNING is `demonstration`, which signs nothing in real use: no report can be signed until it is "
            "pkcs12 or pkcs11 (docs/reports.md)."
        ]
    needed = {"HUIZHEN_SIGNING_ROOTS": settings.SIGNING_ROOTS}
    if settings.SIGNING == "pkcs12":
        needed["HUIZHEN_SIGNING_FOLDER"] = settings.SIGNING_FOLDER
    else:
        needed |= {"HUIZHEN_PKCS11_MODULE": settings.PKCS11_MODULE, "HUIZHEN_PKCS11_TOKEN": settings.PKCS11_TOKEN}
    return [
        f"HUIZHEN_SIGNING is `{settings.SIGNING}` and {name} is empty: no report can be signed (docs/reports.md)."
        for name, given in needed.items()
        if not given
    ]
