"""Several hands on one profile: of those who save the same version one wins, and no two versions contradict each other."""

import re
from functools import partial

from huizhen.lab.instruments import access, actions, in_use
from huizhen.lab.instruments.models import Instrument, ProfileVersion
from huizhen.lab.instruments.profile import shipped_text
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.tests.builders import AT
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_member, make_organisation
from tests.races.hands import refusals, together

TEXT = shipped_text("hl7").replace("version = 2", "version = 3")


def stand(place):
    return Instrument.objects.create(organisation=place, name="PCR", profile="hl7", address=place.code)


def hand(instrument, role_at, owner, text=TEXT):
    """Somebody who has looked at a change, with the button under the finger."""
    actor = get_actor(make_member("laboratory", role_at).account)
    seen = access.access_replay(actor, instrument, text, owner.id).seen
    return partial(actions.save_profile, instrument, text, owner=owner.id, seen=seen, actor=actor, at=AT)


def test_of_two_who_save_a_version_at_once_one_does_and_another_hospital_is_not_concerned():
    here, there = make_organisation(), make_organisation()
    one, other = stand(here), stand(there)
    hands = [hand(one, here, here, f"{TEXT}# {name}\n") for name in ("a", "b", "c")]
    outcomes = together(*hands, hand(other, there, there))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [(type(said), said.code) for said in refused] == [(Refused, "old_version")] * 2
    rows = ProfileVersion.objects.values_list("organisation_id", "version")
    assert sorted(rows) == sorted([(here.id, 3), (there.id, 3)])


def test_who_saves_for_the_group_and_who_saves_for_the_hospital_do_not_pass_each_other_unseen():
    group = make_organisation(kind="group")
    hospital = make_organisation(parent=group)
    machine = stand(hospital)
    outcomes = together(hand(machine, hospital, hospital), hand(machine, group, group))
    assert refusals(outcomes) == [Refused], "both looked at a change of the profile of the product"
    [made] = ProfileVersion.objects.all()
    assert in_use.get_profile(machine).owner == made.organisation_id
    again = re.sub("version = 3", "version = 4", TEXT)
    assert hand(machine, group, made.organisation, again)().version == 4
