"""What the page of a case costs the database, at the size for which it is promised.

Every SQL statement counts, whichever way it goes; BEGIN, COMMIT and the savepoints that stand for them in a test do not.
"""

import re

import pytest

from bench.counting import Statements
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.joint.tests import large
from huizhen.kernel import talk

pytestmark = pytest.mark.django_db
MOST = 12


def count(client, where):
    """The statements of one page, and the page."""
    with Statements() as found:
        answer = client.get(where)
    assert answer.status_code == 200
    return found.unframed, answer.content.decode()


def check_the_way_back(client, where, part, mark):
    """What is long shows its end, and the way to what lies in front, piece by piece."""
    page = client.get(where).content.decode()
    steps = rf'href="[^"]*\?part={part}&amp;before=(\d+)"'
    seen, found = page.partition(f'id="{part}')[2].count(mark), re.findall(steps, page)
    while found:
        before = found[0]
        asked = {"part": part, "before": before}
        piece = client.get(where, asked, headers={"HX-Request": "true"}).content.decode()
        assert "</html>" not in piece
        seen, found = seen + piece.count(mark), re.findall(steps, piece)
    assert "</html>" in client.get(where, asked).content.decode(), "without a script it is a page"
    return seen


def check_parts_come_together(client, where):
    """What a pulse has changed is asked for once, at no more than the page costs, with what the reader had opened."""
    client.get(where)
    parts = "head,next,meeting,report,opinions,materials,story,head"
    found, drawn = count(client, f"{where}?part={parts}&since={large.ENTRIES - 60}")
    assert len(found) <= MOST, found
    ids = ["head", "next", "meeting", "report", "opinions", "materials", "story"]
    assert re.findall(r'<\w+ [^>]*id="([\w-]+)"[^>]* data-live=', drawn) == ids
    assert drawn.count('class="entry-dot"') > 50
    assert "</html>" not in drawn
    assert client.get(f"{where}?part=head,nothing").status_code == 404
    assert client.get(f"{where}?part=story,head&before=40").status_code == 200, "nobody asks so, and nothing breaks"


def test_a_large_case_takes_twelve_statements_for_everybody_and_opens_in_pieces(cast, as_):
    application = large.delivered(cast)
    where = f"/consult/joint/{application.case_id}/"
    people = {
        "applicant": cast.applicant, "coordinator": cast.coordinator, "expert": cast.experts[1],
        "chair": cast.experts[0], "patient": cast.patient_account,
    }  # fmt: skip
    for role, account in people.items():
        client = as_(account)
        client.get(where)
        found, page = count(client, where)
        assert len(found) <= MOST, (role, found)
        assert all(words in page for words in ("化验单 29", "序列 7", "第 99 条")), role
        assert "第 3 条" not in page, role
    talk.post(
        application.case_id, actor=cast.actor(cast.applicant), at=cast.at, body="?", client_id="z", audience="patient"
    )
    found, page = count(client, where)
    assert len(found) <= MOST, "the mark of having read travels with the page"
    client = as_(cast.coordinator)
    entries = check_the_way_back(client, where, "story", 'class="entry-dot"')
    assert large.ENTRIES - 20 < entries < large.ENTRIES, "all but who joined and left"
    opened = client.get(where, {"part": "story", "since": large.ENTRIES - 60}).content.decode()
    assert 50 < opened.count('class="entry-dot"') <= 61, "what was opened stays open when the page looks again"
    assert re.search(rf'name="since" value="{large.ENTRIES - 60}"', opened)
    check_parts_come_together(client, where)
    page = client.get(where).content.decode()
    since = re.findall(r"part=talk&amp;since=(\d+)", page)[0]
    again = client.get(where, {"part": "talk", "since": since}).content.decode()
    assert "第 99 条" in again
    messages = check_the_way_back(client, where, "talk", 'class="bubble-who"')
    assert large.MESSAGES - 20 < messages < large.MESSAGES, "all but the panel's"


@pytest.mark.parametrize("stage", [make.submitted, make.assigning, make.reviewing, make.drafting])
def test_no_stage_takes_more(cast, as_, stage):
    application = stage(cast)
    where = f"/consult/joint/{application.case_id}/"
    people = [cast.applicant, cast.coordinator, cast.patient_account]
    for account in [*people, *(cast.experts[:2] if stage in (make.reviewing, make.drafting) else ())]:
        client = as_(account)
        client.get(where)
        found, _page = count(client, where)
        assert len(found) <= MOST, (account.name, found)
