"""The people of the consultation's own tests, on the same Monday."""

from huizhen.consult.joint.tests.conftest import _signing, cast

__all__ = ["_signing", "cast"]
