"""Chinese text as tokens: jieba's words, and pairs of characters where a word is unknown to it. No downloaded models.

Numbers, single characters and words that say nothing about a department are left out.
"""

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Any

from huizhen.kernel.late import Late

rjieba: Any = Late("rjieba")


CHINESE_RUN = re.compile(r"[\u4e00-\u9fff]+")
LATIN_RUN = re.compile(r"[a-z][a-z0-9]*", re.IGNORECASE)
# What every summary has: who asks, how old, how long, and politeness.
EMPTY = frozenset(
    re.compile(
        "是否|需要|怎么|什么|如何|能否|可以|请问|目前|本院|外院|患者|病人|出现|发现|既往|近期|反复|症状|检查|结果|治疗|方案"
        "|考虑|诊断|明显|左右|以来|进一步|下一步|情况|建议|咨询|处理|无效|可能|已经|还是|没有|病史|进行|一个|多年|半年|一年"
        "|今日|今天|女性|男性"
    ).pattern.split("|")
)


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[str, ...]:
    """The tokens of a text in order, Latin ones in lower case."""
    found: list[str] = []
    for run in CHINESE_RUN.findall(text):
        words = rjieba.cut(run)
        found += [word for word in words if len(word) > 1 and word not in EMPTY]
        # Pairs bridge what the dictionary cuts differently in two texts, as 肌酐升高 and 血肌酐高.
        found += [f"·{a}{b}" for a, b in pairwise(run) if f"{a}{b}" not in EMPTY]
    found += [word.lower() for word in LATIN_RUN.findall(text) if len(word) > 1]
    return tuple(found)


def count(text: str) -> Counter[str]:
    """How often each token stands in a text, twice at most: repeating oneself proves nothing."""
    return Counter({word: min(times, 2) for word, times in Counter(split(text)).items()})
