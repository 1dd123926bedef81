"""The press of letters: typesetting and signing, loaded at first use, as the report's own (joint/report/press.py)."""

import importlib
from datetime import datetime
from typing import Any

from huizhen.consult.joint.report.press import CHOSEN
from huizhen.consult.referrals.letter.content import LetterContent

PRODUCE = "huizhen.consult.referrals.letter.produce"


def preview_letter(content: LetterContent, *, language: str, at: datetime) -> bytes:
    """See `produce.preview_letter`."""
    made: bytes = importlib.import_module(PRODUCE).preview_letter(content, language=language, at=at)
    return made


def sign_letter(content: LetterContent, *, language: str, at: datetime) -> Any:
    """See `produce.sign_letter`, with this installation's signer."""
    signer = importlib.import_module(CHOSEN).get_signer()
    return importlib.import_module(PRODUCE).sign_letter(content, signer=signer, language=language, at=at)
