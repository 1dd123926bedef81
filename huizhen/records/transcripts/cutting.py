"""`python -m huizhen.records.transcripts.cutting`: a JSON list of texts comes in, the list of their words goes out.

The dictionary takes 30 MB. Whoever cuts often keeps it; the jobs process, which cuts a document now and then, has it in
a process of its own that ends.
"""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from huizhen.kernel.late import Late
from huizhen.records.transcripts.characters import plain

rjieba: Any = Late("rjieba")
WORD = re.compile(r"[\w.%μ\u4e00-\u9fff]")
LONGEST = 40


def list_words(texts: Iterable[str]) -> set[str]:
    """The words of some texts, long ones and the shorter ones inside them, in one form: 白细胞计数 gives 白细胞 too."""
    found: set[str] = set()
    for text in texts:
        found |= _plain(rjieba.cut_for_search(plain(text).casefold()))
    return found


def list_asked(text: str) -> set[str]:
    """The words somebody looks for; all must be there. Cut coarsely: what was typed as one word is one."""
    return _plain(rjieba.cut(plain(text).casefold()))


def _plain(cut: Iterable[str]) -> set[str]:
    return {word.strip()[:LONGEST] for word in cut if WORD.search(word)}


if __name__ == "__main__":
    json.dump(sorted(list_words(json.load(sys.stdin))), sys.stdout)
