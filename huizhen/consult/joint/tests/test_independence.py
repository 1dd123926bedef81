"""Whoever may become an expert of a case reads no other opinion before signing their own."""

import pytest

from huizhen.consult.joint.access import access_joint
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.flow.acts import join, leave
from huizhen.people.tests.builders import make_account

from . import builders as make

pytestmark = pytest.mark.django_db


def test_who_is_on_duty_and_asked_reads_no_opinion_before_writing_their_own(cast):
    made, someone = make.reviewing(cast), make_account()
    make.sign(cast, made, cast.experts[0])

    def read():
        return [one.expert_id for one in access_joint(cast.actor(someone), made.case_id).opinions()]

    join(made.case_id, someone.id, "duty", actor=SYSTEM, at=cast.at)
    assert read() == [cast.experts[0].id]
    join(made.case_id, someone.id, "invitee", actor=SYSTEM, at=cast.at)
    assert read() == []
    join(made.case_id, someone.id, "expert", actor=SYSTEM, at=cast.at)
    leave(made.case_id, someone.id, "invitee", actor=SYSTEM, at=cast.at)
    assert read() == []
