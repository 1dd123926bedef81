"""A report of six pages with six key images, checked, set in type and signed, and what each part of that takes."""

import statistics
import time

from bench.figures import Figures, median_seconds
from huizhen.consult.joint.report.chosen import get_demonstration_ca, get_signer
from huizhen.consult.joint.report.produce import preview_report, sign_opinion, sign_report
from huizhen.consult.joint.report.tests.samples import make_content, make_opinions, make_picture
from huizhen.consult.joint.report.verification import verify_pdf
from huizhen.kernel import clock

TIMES, PICTURES = 5, 6
LINES = 85  # as much text as fills six pages


def measure(figures: Figures, *, times: int = TIMES) -> None:
    """The demonstration's certificate authority is made before; so are the opinions' signatures."""
    at = clock.now()
    get_demonstration_ca().make(at=at)
    signer = get_signer()
    sample = make_content()
    opinions = tuple(sign_opinion(one, case_number=sample.case_number, signer=signer) for one in make_opinions())
    pictures = tuple(make_picture(seed) for seed in range(PICTURES))
    content = make_content(opinions, pictures=pictures, summary="\n".join([sample.summary] * LINES))
    signed = sign_report(content, signer=signer, language="zh-hans", at=at)
    waits, works = [], []
    for _ in range(times):
        began, worked = time.perf_counter(), time.process_time()
        sign_report(content, signer=signer, language="zh-hans", at=at)
        waits.append(time.perf_counter() - began)
        works.append(time.process_time() - worked)
    whole = statistics.median(waits)
    figures.add("papers_pages", "pages of a report with six key images", signed.pages, "pages")
    figures.add("papers_kb", "… its size", len(signed.pdf) / 1024, "KB")
    figures.add("papers_seconds", "… set in type and signed", whole, "s", most=2)
    figures.add("papers_work_seconds", "… processor time of it, all threads", statistics.median(works), "s")
    setting = median_seconds(lambda: preview_report(content, language="zh-hans", at=at), times)
    figures.add("papers_setting_seconds", "… of which setting it in type", setting, "s")
    figures.add("papers_signing_seconds", "… and the rest: the signature's face, the signature, the time stamp",
                max(0.0, whole - setting), "s")  # fmt: skip
    checking = median_seconds(lambda: verify_pdf(signed.pdf, roots=signer.get_roots(), at=at), times)
    figures.add("papers_checking_seconds", "verifying it", checking, "s")
