"""The words of a document, for the search: turned into fingerprints nobody can read."""

from collections.abc import Iterable
from uuid import UUID

from huizhen.kernel.crypto import blind

PURPOSE = "records.document.word"
# The database's parser would take digits for numbers and cut a fingerprint at them.
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def fingerprints(patient_id: UUID, words: Iterable[str]) -> list[str]:
    """One lexeme for each word, 32 letters, of this patient alone."""
    made = (blind(f"{patient_id}:{word}", purpose=PURPOSE).hex()[:32] for word in words)
    return sorted(text.translate(LETTERS) for text in made)
