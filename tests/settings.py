"""The product's settings, and the example feature as one more app."""

import os

from huizhen.config.settings import *  # noqa: F403 - these are its settings, all of them
from huizhen.config.settings import INSTALLED_APPS, PASSWORD_HASHERS, ROOT

INSTALLED_APPS = [*INSTALLED_APPS, "tests.example.apps.ExampleConfig"]
# Nothing of the tests lands among the files and keys of a demonstration that runs from the same folder.
VAR = ROOT / "var" / "test" / "home"
FILES_ROOT = VAR / "files"
# Each worker has a database of its own, and so its own journals.
AUDIT_ROOT = VAR / "audit" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
# The product's own hash, without the price that makes guessing dear: half of the time of tests that log in.
PASSWORD_HASHERS = ["tests.hashing.Scrypt", *PASSWORD_HASHERS[1:]]
