"""Readers that need no models: one that knows what is on a drawn report, one that falls over."""

from collections.abc import Iterable

from huizhen.records.transcripts.cutting import list_words
from huizhen.records.transcripts.lines import Line
from huizhen.records.transcripts.ports import Died, Page
from huizhen.records.transcripts.samples import PAPER, Sheet, font, texts_of


class Cutting:
    """Cuts words as the real one does, without a process for it."""

    def cut(self, texts: Iterable[str]) -> set[str]:
        """See `ports.Reader.cut`."""
        return list_words(texts)


class SheetReader(Cutting):
    """Finds on every picture what is printed on one sheet, as a perfect machine would."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def read(self, data: bytes, media_type: str) -> list[Page]:
        """See `ports.Reader.read`."""
        return [Page(*PAPER, 0, tuple(self.lines()))]

    def lines(self) -> list[Line]:
        """The sheet's words with the corners they are drawn within."""
        found = []
        for text in texts_of(self.sheet):
            left, top, right, bottom = font(text.size).getbbox(text.words)
            box = (text.x + left, text.y + top, text.x + right, text.y + bottom)
            corners = [[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]]
            found.append(Line(text.words, 0.98, corners))
        return found


class Blank(Cutting):
    """Finds nothing on any picture, at once: what tests of other things read with."""

    def read(self, data: bytes, media_type: str) -> list[Page]:
        """See `ports.Reader.read`."""
        return []


class Killed(Cutting):
    """Is killed so many times, then reads as `after` does."""

    def __init__(self, times: int, after: SheetReader) -> None:
        self.left, self.after = times, after

    def read(self, data: bytes, media_type: str) -> list[Page]:
        """See `ports.Reader.read`."""
        if self.left:
            self.left -= 1
            raise Died(9)
        return self.after.read(data, media_type)
