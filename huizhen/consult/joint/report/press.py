"""The press: typesetting and signing, loaded at first use.

typst and pyHanko take two seconds and 150 MB to import; a web worker that never signs must not pay for them.
"""

import importlib
from datetime import datetime
from typing import Any

from huizhen.consult.joint.report.content import OpinionText, ReportContent

PRODUCE = "huizhen.consult.joint.report.produce"
VERIFICATION = "huizhen.consult.joint.report.verification"
CHOSEN = "huizhen.consult.joint.report.chosen"


def sign_opinion(opinion: OpinionText, *, case_number: str) -> OpinionText:
    """See `produce.sign_opinion`, with this installation's signer."""
    return importlib.import_module(PRODUCE).sign_opinion(opinion, case_number=case_number, signer=_signer())


def preview_report(content: ReportContent, *, language: str, at: datetime) -> bytes:
    """See `produce.preview_report`."""
    return importlib.import_module(PRODUCE).preview_report(content, language=language, at=at)


def sign_report(content: ReportContent, *, language: str, at: datetime) -> Any:
    """See `produce.sign_report`, with this installation's signer."""
    return importlib.import_module(PRODUCE).sign_report(content, signer=_signer(), language=language, at=at)


def verify_report(pdf: bytes, *, at: datetime) -> Any:
    """See `verification.verify_pdf`, with the roots of this installation's signer."""
    return importlib.import_module(VERIFICATION).verify_pdf(pdf, roots=_signer().get_roots(), at=at)


def _signer() -> Any:
    return importlib.import_module(CHOSEN).get_signer()
