"""Makes the table of `tables.py` for one test."""

import pytest
from django.db import connection

from huizhen.kernel.crypto.tests.tables import Note


@pytest.fixture
def note_table(db):
    """The table `sealed_tests_note`, gone after the test with its transaction."""
    with connection.schema_editor(atomic=False) as editor:
        editor.create_model(Note)
