"""The note that lets a second start show its pages at once."""

from huizhen.config.embedded import Embedded
from huizhen.config.supervisor import prepared


def test_only_what_this_program_prepared_is_current(tmp_path):
    server = Embedded(tmp_path)
    assert not prepared.is_current(server)
    prepared.note(server)
    assert prepared.is_current(server)
    (tmp_path / "prepared").write_text("other migrations")
    assert not prepared.is_current(server)


def test_nobody_knows_of_a_database_elsewhere():
    prepared.note(None)
    assert not prepared.is_current(None)


def test_what_was_prepared_for_real_use_is_not_current_for_the_demonstration(tmp_path, settings):
    server = Embedded(tmp_path)
    settings.DEMO = False
    prepared.note(server)
    assert prepared.is_current(server)
    settings.DEMO = True
    assert not prepared.is_current(server)
