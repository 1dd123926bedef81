"""When more ask than can be answered: staff get in, the rest hear when to come again, nobody is refused without need."""

import pytest
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from huizhen.config.admission import (
    HANDOVER_SECONDS,
    HOLDS_SECONDS,
    MARK,
    PRESSED_SECONDS,
    SALT,
    Admission,
    AdmissionMiddleware,
    Kind,
    kind_of,
)
from huizhen.people.tests.builders import make_account, make_member, make_organisation

PLACES = 4
EACH = 0.1  # seconds that a request takes


def crowd(admission: Admission, until: float, kind: Kind = Kind.CITIZEN) -> tuple[float, list[float]]:
    """So many ask that each place is taken again as soon as it is free; returns when it is over, and when whoever is
    in leaves."""
    at, leaving = 0.0, []
    while at < until or len(leaving) < PLACES:
        if len(leaving) == PLACES:
            at = leaving.pop(0)
            admission.leave(kind, at, was_let_in=True)
            at += HANDOVER_SECONDS / 5
        if admission.enter(kind, at):
            admission.leave(kind, at, was_let_in=False)
            return at, leaving
        leaving.append(at + EACH)
        at += EACH / PLACES
    return at, leaving


def test_nobody_is_refused_before_people_have_waited_for_a_second():
    admission = Admission(PLACES)
    for _ in range(PLACES * 3):  # far beyond the budget, but nobody has waited
        assert admission.enter(Kind.CITIZEN, 0.0) == 0
    for _ in range(PLACES * 3):
        admission.leave(Kind.CITIZEN, 0.1, was_let_in=True)
    at, _leaving = crowd(Admission(PLACES), PRESSED_SECONDS * 3)
    assert at >= PRESSED_SECONDS


@pytest.mark.parametrize(
    ("kind", "gets_in"),
    [(Kind.STAFF, True), (Kind.LOG_IN, True), (Kind.PROGRAM, True), (Kind.CITIZEN, False)],
)
def test_in_the_crowd_staff_and_log_ins_get_in(kind, gets_in):
    admission = Admission(PLACES)
    at, _leaving = crowd(admission, PRESSED_SECONDS * 3)
    wait = admission.enter(kind, at)
    assert (wait == 0) is gets_in
    assert gets_in or 2 <= wait <= 9


def test_a_peak_of_log_ins_takes_no_more_than_its_budget():
    admission = Admission(PLACES)
    at, _leaving = crowd(admission, PRESSED_SECONDS * 3)
    answers = [admission.enter(Kind.LOG_IN, at) == 0 for _ in range(5)]
    assert answers == [True, False, False, False, False]


def test_when_the_crowd_is_gone_everybody_is_let_in_again():
    admission = Admission(PLACES)
    at, leaving = crowd(admission, PRESSED_SECONDS * 3)
    for end in leaving:
        admission.leave(Kind.CITIZEN, end, was_let_in=True)
    later = max([at, *leaving]) + HOLDS_SECONDS + 1
    for _ in range(PLACES * 2):
        assert admission.enter(Kind.CITIZEN, later) == 0
    assert admission.budgets[Kind.CITIZEN].waiting == PLACES * 2


@pytest.mark.parametrize(
    ("address", "mark", "kind"),
    [
        ("/", "", Kind.CITIZEN),
        ("/account/login/", "", Kind.LOG_IN),
        ("/api/v1/consult/joint", "", Kind.PROGRAM),
        ("/api/v1/auth/login", "", Kind.LOG_IN),
        ("/account/login/", "good", Kind.STAFF),
        ("/", "forged", Kind.CITIZEN),
    ],
)
def test_who_is_who_without_the_database(address, mark, kind):
    request = RequestFactory().get(address)
    if mark:
        request.COOKIES[MARK] = signing.dumps(1, salt=SALT if mark == "good" else "other")
    assert kind_of(request) is kind


def test_refused_people_read_a_page_and_programs_a_problem():
    middleware = AdmissionMiddleware(lambda request: HttpResponse("in"))
    ask = RequestFactory(headers={"Accept-Language": "zh-Hans"})
    assert middleware(ask.get("/")).content == b"in"
    middleware.admission.pressure.until = float("inf")
    for budget in middleware.admission.budgets.values():
        budget.most = 0
    page, problem = middleware(ask.get("/")), middleware(ask.get("/api/v1/auth/session"))
    assert (page.status_code, problem.status_code) == (503, 503)
    assert page["Retry-After"] == page["Refresh"]
    assert "Refresh" not in problem
    assert "现在访问的人很多" in page.content.decode()
    assert b"come_again" in problem.content
    assert middleware(ask.get("/healthz")).content == b"in"
    request = ask.get("/")
    request.COOKIES[MARK] = signing.dumps(1, salt=SALT)
    assert middleware(request).content == b"in"


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "is_marked"), [("laboratory", True), ("", False)])
def test_the_browser_of_staff_is_known_from_the_first_log_in_on(role, is_marked):
    account = make_member(role, make_organisation("检验中心")).account if role else make_account(kind="patient")

    def log_in(request):
        request.user = account
        return HttpResponseRedirect("/")

    answer = AdmissionMiddleware(log_in)(RequestFactory().post("/account/login/"))
    assert (MARK in answer.cookies) is is_marked
