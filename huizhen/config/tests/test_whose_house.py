"""The demonstration lives in its own database or an empty one, and never enters a house where real people are."""

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection

from huizhen.config import demo_commands, prepare
from huizhen.config.demo import house, loading
from huizhen.config.trouble import Trouble
from huizhen.kernel import clock
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts import commands
from huizhen.people.accounts.models import Account
from huizhen.people.demo.loading import DEMO_PASSWORD
from huizhen.people.organisations.models import Organisation

pytestmark = pytest.mark.django_db
REFUSED = "holds a house of its own, and the demonstration never starts in one; nothing was changed"


@pytest.fixture(autouse=True)
def people_only(settings, monkeypatch, tmp_path):
    """The part of the demonstration that makes organisations and accounts; its cases take longer and add nothing."""
    settings.VAR = tmp_path
    monkeypatch.setattr(loading, "STAND_INS", ())
    monkeypatch.setattr(loading, "DEMONSTRATION", ("huizhen.people.demo.loading:load",))


def load() -> bool:
    return loading.load_once(clock.now())


def take_mark_away() -> None:
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE people_account IS NULL")


def everything() -> list[str]:
    return [str(list(model.objects.order_by("pk").values())) for model in (Account, Organisation, AuditEntry)]


def real_house(capsys) -> list[str]:
    assert commands.first_admins("County Hospital") == 0
    capsys.readouterr()
    return everything()


def test_an_empty_house_becomes_the_demonstrations_and_stays_it():
    assert load()
    assert check_password(DEMO_PASSWORD, Account.objects.get(username="zhou.lan").password)
    assert not load()
    # The note in var went, or is another database's: the mark lies in the database.
    loading.forget()
    assert load()


def test_what_its_visitors_made_since_does_not_shut_it_out():
    load()
    loading.forget()
    Organisation.objects.create(kind="hospital", name="Another", code="ANOTHER")
    Account.objects.create_user("visitor")
    assert load()


def test_a_demonstration_from_before_the_mark_is_known_by_its_people():
    load()
    loading.forget()
    take_mark_away()
    Account.objects.create_user("visitor")
    prepare.migrate()
    assert load()
    Organisation.objects.create(kind="hospital", name="Another", code="ANOTHER")
    house.refuse_others()


def test_one_that_was_interrupted_before_its_first_account_goes_on():
    Organisation.objects.create(kind="platform", name="County Hospital", code="JC")
    assert load()
    assert Organisation.objects.get(code="QS").parent.code == "JC"


@pytest.mark.parametrize("start", [load, prepare.migrate], ids=["load", "migrate"])
def test_a_real_house_is_refused_untouched(start, capsys, tmp_path):
    before = real_house(capsys)
    with pytest.raises(Trouble, match=REFUSED) as told:
        start()
    assert "HUIZHEN_DEMO=no" in told.value.todo
    assert everything() == before
    assert not Account.objects.get(username="system.admin").has_usable_password()
    assert list(tmp_path.iterdir()) == []


def test_a_real_house_is_refused_with_the_demonstrations_note_beside_it(capsys):
    load()
    take_mark_away()
    Organisation.objects.create(kind="platform", name="County Hospital", code="ROOT")
    with pytest.raises(Trouble, match=REFUSED):
        load()


def test_names_of_the_demonstration_in_another_tree_open_nothing():
    root = Organisation.objects.create(kind="platform", name="County Hospital", code="JC")
    Account.objects.create_user("zhou.lan", home=root)
    with pytest.raises(Trouble, match=REFUSED):
        load()
    assert Organisation.objects.count() == 1


def test_a_real_house_is_not_thrown_away_either(capsys, settings, monkeypatch):
    before = real_house(capsys)
    monkeypatch.setattr(demo_commands.embedded, "is_running", lambda _server: True)
    monkeypatch.setattr(demo_commands.embedded, "query", lambda *_: pytest.fail("a real house was thrown away"))
    settings.USES_EMBEDDED = True
    with pytest.raises(Trouble, match=REFUSED):
        demo_commands.reset()
    assert everything() == before


def test_real_use_opens_a_demonstrations_database_as_before(settings):
    load()
    settings.DEMO = False
    prepare.migrate()
    with pytest.raises(Trouble, match="for the demonstration only"):
        load()
