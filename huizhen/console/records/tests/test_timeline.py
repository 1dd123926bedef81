"""The page of a record's time line: what happened, where, the latest first; for whom it is open, and no longer."""

import re

import pytest
import time_machine

from huizhen.consult.joint.tests import builders as make
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.timeline import rules

pytestmark = pytest.mark.django_db


def words(answer):
    """What a person reads in the main part."""
    main = answer.content.decode().partition("<main")[2].partition("</main")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main))


def test_the_time_line_tells_places_and_kinds_and_closes_with_the_consent(client, signing, monkeypatch):
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        cast = make.make_cast(travel)
        make.delivered(cast)
        where = f"/records/patients/{cast.patient.id}/timeline/"

        def read(account, **asked):
            client.force_login(account)
            session = client.session
            session["second_factor"] = True
            session.save()
            return client.get(where, asked)

        told = words(read(cast.applicant))
        assert "血常规" in told
        assert "云岭县人民医院" in told
        assert "右肺上叶结节" in told or "会诊" in told
        assert "2026年11月" in told
        assert "更早的可能未列出" not in told
        monkeypatch.setattr(rules, "MOST_CASES", 1)
        assert "更早的可能未列出" in words(read(cast.applicant))
        papers = words(read(cast.applicant, kind="document"))
        assert "血常规" in papers
        consents = words(read(cast.applicant, kind="consent"))
        assert "血常规" not in consents
        assert "给予授权" in consents or "授权" in consents
        assert "血常规" in words(read(cast.applicant, kind="nonsense")), "an unknown kind narrows nothing"
        assert "血常规" in words(read(cast.patient_account))
        opened = read(cast.experts[0])
        assert opened.status_code in (200, 404)
        before = "血常规" in words(opened)
        for consent in list_consents(cast.patient.id):
            withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
        closed = read(cast.experts[0])
        assert closed.status_code == 404 or "血常规" not in words(closed), f"open before: {before}"
        assert read(make.make_practitioner(name="路人").account).status_code == 404
        assert "授权已撤回" in words(read(cast.patient_account)) or "撤回" in words(read(cast.patient_account))
