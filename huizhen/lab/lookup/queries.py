"""The reads of the look-up, for its face in the live floor."""

from huizhen.lab.lookup.gate import Budget
from huizhen.lab.lookup.reader import Reader
from huizhen.lab.lookup.rules import answer, headers
from huizhen.lab.lookup.sources import FAULTS, Source, Sources

__all__ = ["FAULTS", "Budget", "Reader", "Source", "Sources", "answer", "headers"]
