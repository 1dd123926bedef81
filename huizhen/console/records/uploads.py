"""Finished uploads that a form names, and how they are shown again when the form was refused."""

from uuid import UUID

from huizhen.console.records.shown import size
from huizhen.console.shapes import Attachment
from huizhen.kernel import files
from huizhen.kernel.access import Actor, NotVisible
from huizhen.people.accounts.requests import Request

MOST = 2_000


def read_ids(request: Request) -> list[UUID]:
    """The files the form names, each once; what is no id is passed over, and so is the one to be left `without`."""
    found: dict[UUID, None] = {}
    for text in request.POST.getlist("files")[:MOST]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return [file_id for file_id in found if str(file_id) != request.GET.get("without")]


def list_kept(ids: list[UUID], actor: Actor) -> list[Attachment]:
    """The uploads that are the reader's own, so that nothing has to be sent twice."""
    kept = []
    for file_id in ids:
        try:
            file = files.get_upload(file_id, actor)
        except NotVisible:
            continue
        kept.append(Attachment(file.name, about=size(file.size), id=file.id, remove=f"?without={file.id}"))
    return kept
