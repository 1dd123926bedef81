"""Suggestions: how often the right department is recognised, beside plain keywords, and how long a suggestion takes."""

import random
from datetime import timedelta
from typing import Any

from bench.figures import Figures, median_seconds, seconds
from huizhen.consult.joint.models import Application
from huizhen.consult.joint.queries import get_application
from huizhen.consult.suggestions import lessons, queries
from huizhen.consult.suggestions.models import Experience, Pace
from huizhen.consult.suggestions.rules import recognising
from huizhen.kernel import clock
from huizhen.people.accounts.models import Account
from huizhen.people.availability.models import Absence
from huizhen.people.credentials.actions import load_specialties
from huizhen.people.credentials.models import Practitioner, PractitionerSpecialty, Specialty
from huizhen.people.organisations.models import Membership, Organisation

EXPERTS, TIMES = 5000, 15
TITLES = ("chief", "associate_chief", "attending")


def measure(figures: Figures) -> None:
    """Quality on the shipped evaluation, which nothing was trained on; then speed among many experts."""
    measure_quality(figures)
    make_experts(EXPERTS)
    # Only open cases carry text that is really sealed; of the closed ones the bulk is filled in without (`bench.load`).
    rows = Application.objects.filter(case__closed_at=None).order_by("id")
    application = get_application(rows.values_list("case_id", flat=True)[0])
    figures.add(
        "suggest_first_ms", "the first suggestion of a process, with learning", seconds(_act(application)) * 1000, "ms"
    )
    figures.add(
        "suggest_ms",
        f"suggest among {EXPERTS:,} experts",
        median_seconds(_act(application), TIMES) * 1000,
        "ms",
        most=100,
    )


def measure_quality(figures: Figures) -> None:
    """Shares of the evaluation, in percent."""
    model = recognising.train(queries.shipped())
    ours = recognising.score(lambda text: [one.specialty for one in model.guess(text)], queries.evaluation())
    words: dict[str, set[str]] = {}
    for topic in lessons.topics().values():
        words.setdefault(topic.specialties[0], set()).update((topic.name, *topic.words))
    plain = recognising.score(recognising.by_keywords(words), queries.evaluation())
    size = len(queries.evaluation())
    figures.add("suggest_top1_percent", f"right department first, of {size} summaries", ours.top_1 * 100, "%", least=75)
    figures.add("suggest_top1_keywords_percent", "… by plain keywords", plain.top_1 * 100, "%")
    figures.add("suggest_top3_percent", "right department among three", ours.top_3 * 100, "%", least=90)
    figures.add("suggest_top3_keywords_percent", "… by plain keywords", plain.top_3 * 100, "%")
    figures.add("suggest_fits_percent", "first is right or acceptable", ours.fits * 100, "%")


def make_experts(count: int) -> None:
    """So many experts over all specialties and hospitals, with experience, pace, and some of them away."""
    if Practitioner.objects.filter(introduction="bench").exists():
        return
    load_specialties()
    dice, at = random.Random(7), clock.now()
    codes, places = list(Specialty.objects.values_list("code", flat=True)), list(Organisation.objects.all())
    topics = list(lessons.topics())
    accounts = [Account(username=f"bench-expert-{n}", name=f"专家{n}") for n in range(count)]
    Account.objects.bulk_create(accounts)
    homes = [dice.choice(places) for _ in accounts]
    Membership.objects.bulk_create(
        Membership(account=account, organisation=home, role="expert")
        for account, home in zip(accounts, homes, strict=True)
    )
    doctors = [
        Practitioner(account=account, organisation=home, title=dice.choice(TITLES), introduction="bench")
        for account, home in zip(accounts, homes, strict=True)
    ]
    Practitioner.objects.bulk_create(doctors)
    # Half of them in the very specialty that is looked for: the worst case.
    PractitionerSpecialty.objects.bulk_create(
        PractitionerSpecialty(practitioner=doctor, specialty_id="03.01" if number % 2 else dice.choice(codes))
        for number, doctor in enumerate(doctors)
    )
    Experience.objects.bulk_create(
        Experience(expert=account, sort="topic", key=key, cases=dice.randint(1, 300))
        for account in accounts
        for key in dice.sample(topics, 6)
    )
    Pace.objects.bulk_create(Pace(expert=account, asked=20, answers_in=dice.randint(5, 900)) for account in accounts)
    Absence.objects.bulk_create(
        Absence(practitioner=doctor, kind="leave", starts_at=at, ends_at=at + timedelta(days=3), entered_at=at)
        for doctor in doctors[::5]
    )


def _act(application: Any) -> Any:
    return lambda: queries.suggest(application, at=clock.now())
