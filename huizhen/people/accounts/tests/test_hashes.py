"""Passwords are kept by a hash that is dear to whoever steals the table, however cheap the tests' own is."""

from django.utils.module_loading import import_string

from huizhen.config.log_in import PASSWORD_HASHERS
from huizhen.people.tests.builders import PASSWORD


def test_a_guess_costs_sixteen_megabytes_five_times():
    """OWASP's Password Storage Cheat Sheet: N = 2^14, r = 8, p = 5 is among its equals."""
    hasher = import_string(PASSWORD_HASHERS[0])()
    kept = hasher.encode(PASSWORD, hasher.salt())
    assert kept.startswith("scrypt$16384$")
    found = hasher.decode(kept)
    assert (found["work_factor"], found["block_size"], found["parallelism"]) == (2**14, 8, 5)
    assert hasher.verify(PASSWORD, kept)
    assert not hasher.verify("county-hospital-18", kept)
