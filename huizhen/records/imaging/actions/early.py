"""The first images of a zip that is still arriving: kept as they come, and taken over when the zip is whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from huizhen.kernel import files
from huizhen.kernel.files.models import File, FileState
from huizhen.kernel.files.ports import Missing
from huizhen.records.imaging.actions.batches import GROWTH, MOST_BYTES, Item
from huizhen.records.imaging.actions.keeping import EARLY, Overtaken, Seen, add_images, keep_looked, look
from huizhen.records.imaging.archives import MOST_BYTES as MOST_UNPACKED
from huizhen.records.imaging.archives import MOST_MEMBERS, BadArchive, Member
from huizhen.records.imaging.arriving import walk_arrived
from huizhen.records.imaging.models import EarlyLook, ImagingImport


@dataclass(frozen=True)
class Part:
    """Members of a zip between two of its bytes; `over`: nothing more can be known before it is whole."""

    start: int
    end: int
    members: tuple[Member, ...]
    over: bool = False


def is_arriving(file: File | None) -> bool:
    """Whether a file is an upload under way."""
    return file is not None and file.state == FileState.UPLOADING


def look_early(run: ImagingImport, file: File, at: datetime) -> None:
    """Keep the images that have arrived of a zip under way; may run twice, and beside itself.

    Raises:
        StorageTrouble: the store takes nothing.
    """
    held, _ = EarlyLook.objects.get_or_create(run=run, defaults={"file": file})
    if held.file_id != file.id:
        EarlyLook.objects.filter(run=run, file_id=held.file_id).update(file=file, offset=0, over=False)
        held.refresh_from_db()
    try:
        for part in list_parts(held):
            if not keep_part(run, held, part, at):
                return  # somebody else is at it
            held.refresh_from_db()
    except Missing:
        return  # it became whole this moment; the job for that is on its way


def list_parts(held: EarlyLook) -> Iterator[Part]:
    """What has arrived since, in batches: small ones first, so that the first image is seen at once."""
    if held.over:
        return
    members: list[Member] = []
    start = end = held.offset
    grown = held.count
    with files.open_arrived(held.file_id) as stream:
        arrived = stream.seek(0, 2)
        try:
            for member, after in walk_arrived(stream, start, arrived):
                members.append(member)
                end = after
                room = next((size for size in GROWTH if size > grown), GROWTH[-1])
                if len(members) >= room or sum(len(one.data) for one in members) >= MOST_BYTES:
                    yield Part(start, end, tuple(members))
                    start, grown, members = end, grown + len(members), []
        except BadArchive:
            yield Part(start, end, tuple(members), over=True)
            return
    if members:
        yield Part(start, end, tuple(members))


def keep_part(run: ImagingImport, held: EarlyLook, part: Part, at: datetime) -> bool:
    """Keep the new images among some members and note how far that is; False when another job did it meanwhile."""
    looked = [
        look(Item(EARLY + held.count + place, member.name, member.data))
        for place, member in enumerate(part.members)
        if member.data
    ]
    return keep_looked(run, looked, at, partial(write_early, run, part, looked))


def write_early(
    run: ImagingImport, part: Part, looked: Sequence[Seen], kept: dict[int, files.Staged], at: datetime
) -> None:
    """The rows of some images and the place in the zip, in the caller's transaction. What is no image is named when the
    zip is whole.

    Raises:
        Overtaken: the look stands elsewhere than this part begins. IntegrityError: an image is there by now.
    """
    held = EarlyLook.objects.select_for_update(no_key=True).get(run=run)
    whole = ImagingImport.objects.select_for_update(no_key=True).get(id=run.id)
    if held.offset != part.start or held.over or whole.ended_at is not None:
        raise Overtaken
    whole.kept += add_images(run, looked, kept, at)
    whole.trouble = ""
    whole.save(update_fields=["kept", "trouble"])
    held.offset, held.count = part.end, held.count + len(part.members)
    held.unpacked += sum(len(member.data) for member in part.members)
    held.over = part.over or held.unpacked > MOST_UNPACKED or held.count > MOST_MEMBERS
    held.save()
