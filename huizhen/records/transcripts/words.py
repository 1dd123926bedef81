"""The words of a document, for the search: cut by a dictionary, and turned into fingerprints nobody can read."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from huizhen.kernel.crypto import blind
from huizhen.kernel.late import Late
from huizhen.records.transcripts.rules import plain

rjieba: Any = Late("rjieba")  # brings a dictionary of its own
PURPOSE = "records.document.word"
WORD = re.compile(r"[\w.%μ\u4e00-\u9fff]")
LONGEST = 40
# The database's parser would take digits for numbers and cut a fingerprint at them.
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def list_words(texts: Iterable[str]) -> set[str]:
    """The words of some texts, long ones and the shorter ones inside them, in one form: 白细胞计数 gives 白细胞 too."""
    found: set[str] = set()
    for text in texts:
        cut = rjieba.cut_for_search(plain(text).casefold())
        found |= {word.strip()[:LONGEST] for word in cut if WORD.search(word)}
    return found


def list_asked(text: str) -> set[str]:
    """The words somebody looks for; all must be there. Cut coarsely: what was typed as one word is one."""
    cut = rjieba.cut(plain(text).casefold())
    return {word.strip()[:LONGEST] for word in cut if WORD.search(word)}


def fingerprints(patient_id: UUID, words: Iterable[str]) -> list[str]:
    """One lexeme for each word, 32 letters, of this patient alone."""
    made = (blind(f"{patient_id}:{word}", purpose=PURPOSE).hex()[:32] for word in words)
    return sorted(text.translate(LETTERS) for text in made)
