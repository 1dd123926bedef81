"""Adding the templates that come with the product; operators change them in the back office."""

from typing import Any

from django.db import transaction

from huizhen.consult.joint.findings.models import OpinionTemplate
from huizhen.consult.joint.findings.rules import check_items


@transaction.atomic
def add_template(code: str, *, specialty: str, name: str, name_en: str, items: list[dict[str, Any]]) -> bool:
    """Add a template; false where one of this code is there already, which is left as it is.

    Raises:
        BadTemplate.
    """
    check_items(items)
    fields = {"specialty_id": specialty or None, "name": name, "name_en": name_en, "items": items}
    return OpinionTemplate.objects.get_or_create(code=code, defaults=fields)[1]
