"""Both languages are complete: every sentence is translated, placeholders agree, one sentence has one translation."""

from huizhen.config.messages.faults import list_faults


def test_every_sentence_is_there_in_both_languages():
    faults = list_faults()
    assert not faults, "\n".join(faults)
