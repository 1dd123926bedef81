"""The product's password hash, cheap: what a guess costs in earnest is asked in `people/accounts/tests/test_hashes.py`."""

from django.contrib.auth.hashers import ScryptPasswordHasher


class Scrypt(ScryptPasswordHasher):
    """For invented passwords only."""

    work_factor, parallelism = 2**4, 1
