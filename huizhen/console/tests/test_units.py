"""Units as people write them."""

import pytest

from huizhen.console.templatetags.console import unit


@pytest.mark.parametrize(
    ("code", "written"),
    [("10*9/L", "10⁹/L"), ("10^12/L", "10¹²/L"), ("10*-3", "10⁻³"), ("umol/L", "μmol/L"), ("g/L", "g/L"), ("U/L", "U/L"), ("", "")],
)  # fmt: skip
def test_a_unit_is_read_as_it_is_written_by_hand(code, written):
    assert unit(code) == written
