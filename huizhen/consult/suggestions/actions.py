"""Keeping the experts' records true, and learning from an institution's own cases."""

from collections import Counter
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.models import Application, DeclineWhy, Invitation, InvitationState, Opinion
from huizhen.consult.joint.queries import get_application
from huizhen.consult.suggestions import queries
from huizhen.consult.suggestions.models import Experience, Learning, Pace, Recognition, Sort
from huizhen.consult.suggestions.rules import recognising
from huizhen.consult.suggestions.rules.recognising import Lesson
from huizhen.records.patients.queries import get_person_ids

LOOK_BACK = timedelta(days=183)
RAREST = 3  # a token that fewer patients share may be a name
HELD_OUT = 5  # every fifth case is kept to measure by
TOLERANCE = 0.01


@transaction.atomic
def note_topics(case_id: UUID, *, at: datetime) -> None:
    """Note what a case is about, sealed; again, when its material has changed."""
    application = get_application(case_id)
    found = list(queries.read_need(application).topics)
    noted = Recognition.objects.filter(application=application).first()
    if noted is None or noted.topics != found:
        Recognition.objects.update_or_create(application=application, defaults={"topics": found, "read_at": at})


@transaction.atomic
def count_expert(expert_id: UUID, *, at: datetime) -> None:
    """Count an expert's opinions by topic, refusals by specialty, and pace anew. Run twice, it counts the same."""
    counted = {(Sort.TOPIC, key): times for key, times in _topics_of(expert_id).items()}
    counted |= {(Sort.UNFIT, key): times for key, times in _refusals_of(expert_id).items()}
    for known in Experience.objects.filter(expert_id=expert_id):
        times = counted.pop((Sort(known.sort), known.key), None)
        if times is None:
            known.delete()
        elif times != known.cases:
            known.cases = times
            known.save()
    Experience.objects.bulk_create(
        [Experience(expert_id=expert_id, sort=sort, key=key, cases=times) for (sort, key), times in counted.items()],
        ignore_conflicts=True,
    )
    Pace.objects.update_or_create(expert_id=expert_id, defaults=_pace_of(expert_id, at - LOOK_BACK))


@transaction.atomic
def learn(*, at: datetime, keep: bool = True) -> Learning:
    """Learn from the closed cases of this house: the specialties of the experts who signed are the right answer.

    Every fifth case is held out and measured by, before and after. It comes into use only where it does no worse, on
    them and on the evaluation that ships. `keep` False measures without storing.
    """
    closed = _closed()
    taught = [one for number, each in enumerate(closed) if number % HELD_OUT for one in _lessons_of(each)]
    held = [_sample_of(each) for each in closed[::HELD_OUT]]
    counts = recognising.gather(taught, rarest=RAREST)
    before, after = recognising.train(queries.shipped()), recognising.train(queries.shipped(), counts)
    figures = {
        "own_before": _top_3(before, held), "own_after": _top_3(after, held),
        "shipped_before": _top_3(before, queries.evaluation()), "shipped_after": _top_3(after, queries.evaluation()),
        "held_out": len(held),
    }  # fmt: skip
    better = (
        bool(held)
        and figures["own_after"] >= figures["own_before"]
        and figures["shipped_after"] >= figures["shipped_before"] - TOLERANCE
    )
    made = Learning(learnt_at=at, cases=len(closed), counts=counts, figures=figures, in_use=better)
    if keep:
        if better:
            Learning.objects.filter(in_use=True).update(in_use=False)
        made.save()
    return made


def _topics_of(expert_id: UUID) -> Counter[str]:
    signed = Opinion.objects.filter(expert_id=expert_id, signed_at__isnull=False, withdrawn_at__isnull=True)
    known = Recognition.objects.filter(application_id__in=signed.values("application_id"))
    return Counter(topic for one in known for topic in one.topics)


def _refusals_of(expert_id: UUID) -> Counter[str]:
    rows = Invitation.objects.filter(expert_id=expert_id, decline_why=DeclineWhy.NOT_MY_FIELD)
    return Counter(
        specialty
        for asked, chosen in rows.values_list("seat", "application__specialty_id")
        for specialty in {asked or chosen}
    )


def _pace_of(expert_id: UUID, since: datetime) -> dict[str, Any]:
    rows = Invitation.objects.filter(expert_id=expert_id, invited_at__gte=since)
    told = rows.filter(state__in=(InvitationState.ACCEPTED, InvitationState.DECLINED))
    answers = [answered - invited for invited, answered in told.values_list("invited_at", "answered_at") if answered]
    begun = dict(rows.filter(state=InvitationState.ACCEPTED).values_list("application_id", "answered_at"))
    signed = Opinion.objects.filter(expert_id=expert_id, signed_at__gte=since, application_id__in=begun)
    written = [
        at - since_then
        for key, at in signed.values_list("application_id", "signed_at")
        if at and (since_then := begun[key])
    ]
    return {
        "asked": rows.count(), "declined": rows.filter(state=InvitationState.DECLINED).count(),
        "opinions": len(written), "answers_in": _minutes(answers), "writes_in": _minutes(written),
    }  # fmt: skip


def _minutes(spans: list[timedelta]) -> int | None:
    return max(0, round(median(span / timedelta(minutes=1) for span in spans))) if spans else None


def _closed() -> list[Application]:
    rows = Application.objects.filter(case__state__in=("delivered", "closed")).select_related("case", "specialty")
    return list(rows.prefetch_related("materials", "opinions__expert__practitioner__specialties").order_by("id"))


def _lessons_of(application: Application) -> list[Lesson]:
    """One for each specialty that signed; together they weigh as one case, and are one patient's."""
    rights, text = _specialties_of(application), queries.text_of(application)
    person, *_joined = get_person_ids(application.patient_id)
    return [Lesson(right, text, 1 / len(rights), person) for right in rights]


def _sample_of(application: Application) -> tuple[str, frozenset[str], str]:
    rights = _specialties_of(application)
    return rights[0], frozenset(rights), queries.text_of(application)


def _specialties_of(application: Application) -> list[str]:
    """Those of the experts who signed, the most frequent first; the applicant's choice where none is known."""
    found: Counter[str] = Counter()
    for opinion in application.opinions.all():
        doctor = getattr(opinion.expert, "practitioner", None)
        if doctor and opinion.signed_at and not opinion.withdrawn_at:
            found.update(one.code for one in doctor.specialties.all())
    return [code for code, _times in found.most_common()] or [application.specialty_id]


def _top_3(model: recognising.Model, known: Any) -> float:
    return round(recognising.score(lambda text: [one.specialty for one in model.guess(text)], known).top_3, 4)
