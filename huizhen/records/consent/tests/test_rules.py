"""What a consent may say."""

from datetime import UTC, datetime, timedelta

import pytest

from huizhen.records.consent import rules

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (["documents"], None),
        (["documents", "imaging", "summary"], None),
        (["contact"], None),
        ([], "nothing_shared"),
        (["everything"], "unknown_choice"),
        (["documents", "contact"], "bundled"),
    ],
)
def test_health_data_is_asked_for_separately(scope, code):
    assert rules.check_scope(scope) == code


@pytest.mark.parametrize(
    ("length", "code"),
    [
        (timedelta(days=30), None),
        (timedelta(days=366), None),
        (timedelta(days=367), "too_long_for"),
        (timedelta(0), "already_over"),
        (timedelta(days=-1), "already_over"),
    ],
)
def test_a_consent_ends_within_a_year(length, code):
    assert rules.check_until(AT + length, AT) == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("a", None, None), None),
        ((None, "o", None), None),
        ((None, None, "c"), None),
        (("a", None, "c"), None),
        (("a", "o", None), "one_grantee"),
        ((None, None, None), "one_grantee"),
    ],
)
def test_one_grantee(given, code):
    assert rules.check_grantee(*given) == code


@pytest.mark.parametrize(
    ("on_paper", "is_patient", "is_guardian", "evidence"),
    [
        (True, False, False, "paper"),
        (False, True, False, "in_app"),
        (False, False, True, "guardian"),
        (False, False, False, None),
    ],
)
def test_how_it_was_given(on_paper, is_patient, is_guardian, evidence):
    assert rules.evidence_of(on_paper=on_paper, is_patient=is_patient, is_guardian=is_guardian) == evidence
