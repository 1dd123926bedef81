"""A platform's own workbook: handed in, its columns named by a person, then filled instead of ours."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import filling, queries, sheet, workbooks
from huizhen.lab.reporting.models import Template, Upstream


def take_template(upstream: Upstream, content: bytes, name: str, *, actor: Actor, at: datetime) -> Template:
    """Keep a platform's own workbook with what its headings are taken for; it is used when somebody has confirmed it.

    Raises:
        Refused: `file`, as `workbooks.look_into`.
    """
    found = workbooks.look_into(content)
    with transaction.atomic():
        return Template.objects.create(
            upstream=upstream, name=name[-200:], content=content, sheet=found.sheet, header_row=found.header_row,
            headings=found.headings, columns=[sheet.guess(one) for one in found.headings], made_by_id=actor.account_id,
            made_at=at,
        )  # fmt: skip


def confirm_template(
    template: Template, columns: Sequence[str], words: sheet.Words | None = None, *, actor: Actor, at: datetime
) -> Template:
    """Use a platform's own workbook from the next batch on, with these columns and the platform's own words (by field
    and our code). It is filled once for a trial.

    Raises:
        Refused: `columns`: `columns_too_few`, `unknown_choice`. `words: unknown_choice`. `file`: as `filling.fill`.
            `batch: batch_changed`: it is in use, or a newer one was handed in.
    """
    if len(columns) != len(template.headings) or not all(_is_column(one) for one in columns):
        raise Refused({"columns": "unknown_choice"})
    if words is not None and not sheet.are_words(words):
        raise Refused({"words": "unknown_choice"})
    if not sheet.says_enough(columns):
        raise Refused({"columns": "columns_too_few"})
    found = workbooks.Found(template.sheet, template.header_row, template.headings)
    filling.fill(bytes(template.content), found, [[f"={place}" for place, _one in enumerate(columns)]] * 2)
    with transaction.atomic():
        Upstream.objects.select_for_update(no_key=True).get(id=template.upstream_id)
        held = queries.get_template(template.upstream_id, confirmed=False)
        if held is None or held.id != template.id or held.confirmed_at is not None:
            raise Refused({"batch": "batch_changed"})
        held.columns, held.confirmed_at = list(columns), at
        held.words = {field: dict(given) for field, given in (words or {}).items() if given}
        held.save(update_fields=["columns", "words", "confirmed_at"])
        _note(held, actor, at)
    return held


def use_ours(upstream: Upstream, *, actor: Actor, at: datetime) -> None:
    """Leave the platform's own workbook aside; `upstream` was loaded by `access_by_hand`."""
    with transaction.atomic():
        held = Template.objects.create(
            upstream=upstream, name="", content=b"", sheet="", header_row=1, headings=[], columns=[],
            made_by_id=actor.account_id, made_at=at, confirmed_at=at,
        )  # fmt: skip
        _note(held, actor, at)


def _note(held: Template, actor: Actor, at: datetime) -> None:
    audit.record(
        actor, "lab.reporting.template_used", subject_kind="upstream", subject_id=held.upstream_id,
        organisation_id=held.upstream.organisation_id, data={"template": str(held.id), "name": held.name}, at=at,
    )  # fmt: skip


def _is_column(code: str) -> bool:
    return not code or code in sheet.FIELDS or code.startswith(sheet.FIXED)
