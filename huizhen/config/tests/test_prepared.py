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
