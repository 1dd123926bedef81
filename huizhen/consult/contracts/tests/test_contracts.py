"""Contracts: who may be asked, how often, at what price; enforced when inviting."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.consult.contracts import actions, queries, rules
from huizhen.consult.contracts.models import ContractUse
from huizhen.consult.contracts.rules import Paper
from huizhen.consult.joint import actions as joint
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.flow.language import Refused
from huizhen.people.tests.builders import make_member, make_organisation, make_practitioner

ROOT, COUNTY, CITY, DEPARTMENT, OTHER = (UUID(int=number) for number in range(1, 6))
PATHS = {COUNTY: [ROOT, COUNTY], CITY: [ROOT, CITY], DEPARTMENT: [ROOT, CITY, DEPARTMENT], OTHER: [ROOT, OTHER]}
papers = st.lists(
    st.builds(Paper, st.uuids(), st.sampled_from([COUNTY, OTHER]), st.sampled_from([CITY, DEPARTMENT]),
              st.integers(0, 99), st.integers(100, 199), st.none() | st.integers(0, 2)), max_size=4,
)  # fmt: skip


@given(papers, st.sampled_from([CITY, DEPARTMENT, OTHER]), st.booleans())
def test_terms_by_the_words_of_the_rule(given_papers, answering, urgent):
    found = rules.terms(given_papers, PATHS[COUNTY], PATHS[answering], own=[COUNTY], urgent=urgent)
    mine = [paper for paper in given_papers if paper.asking == COUNTY]
    fitting = [paper for paper in mine if paper.answering in PATHS[answering]]
    if not mine:
        assert found == rules.Terms()
    elif not fitting:
        assert found.why == "no_contract"
    else:
        assert found.paper in fitting
        assert found.fee_fen == (found.paper.urgent_fee_fen if urgent else found.paper.fee_fen)
        assert (found.why == "contract_full") == (found.paper.left == 0)
    assert rules.terms(given_papers, PATHS[COUNTY], PATHS[COUNTY], own=[COUNTY], urgent=urgent) == rules.Terms()


def test_a_contract_is_enforced_counted_and_released(cast):
    operator = cast.actor(make_member("operator", cast.platform).account)
    city = cast.experts[0].practitioner.organisation
    fields = {"asking_id": cast.county.id, "answering_id": city.id, "starts_on": date(2026, 1, 1)}
    with pytest.raises(NotAllowed):
        actions.save_contract(actor=cast.actor(cast.applicant), at=cast.at, **fields)
    made = actions.save_contract(
        actor=operator, at=cast.at, monthly_limit=1, fee_fen=30000, urgent_fee_fen=60000, **fields
    )
    with pytest.raises(actions.BadContract):
        actions.save_contract(actor=operator, at=cast.at, **fields)
    stranger = make_practitioner(make_organisation("外省医院", parent=cast.platform)).account
    first, second, coordinator = make.assigning(cast), make.assigning(cast), cast.actor(cast.coordinator)
    with pytest.raises(Refused, match="no_contract"):
        joint.invite(coordinator, first.case_id, [stranger.id], at=cast.at)
    one, two, _three = [expert.id for expert in cast.experts]
    asked, _other = joint.invite(coordinator, first.case_id, [one, two], at=cast.at)
    assert queries.count_used(cast.at)[made.pk] == (1, 60000), "two experts of one consultation: once, at two prices"
    with pytest.raises(Refused, match="contract_full"):
        joint.invite(coordinator, second.case_id, [one], at=cast.at)
    for row in make.fresh(first).invitations.all():
        joint.withdraw_invitation(coordinator, first.case_id, row.id, at=cast.at)
    assert ContractUse.objects.filter(released_at=None).count() == 0
    joint.invite(coordinator, second.case_id, [one], at=cast.at)
    assert asked.state == "invited"
