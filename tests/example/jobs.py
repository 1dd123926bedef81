"""The errands' timer: once a day, the helpers who were not thanked are."""

from huizhen.kernel import outbox
from tests.example import effects
from tests.example.models import Errand


@outbox.task("example.thank_forgotten")
def thank_forgotten() -> None:
    """Look for what was lost and do it now; doing it twice does no harm."""
    for case_id in Errand.objects.filter(case__state="closed", thanked_at=None).values_list("case_id", flat=True):
        effects.thank({"case": str(case_id)})
