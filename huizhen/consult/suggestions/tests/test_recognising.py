"""Recognising departments: on material it has never seen, and explainable."""

from collections import Counter

from huizhen.consult.suggestions import lessons, queries
from huizhen.consult.suggestions.rules import recognising
from huizhen.people.credentials.actions import CATALOGUE


def test_it_does_clearly_better_than_keywords_on_cases_it_never_learnt_from():
    model = recognising.train(queries.shipped())
    words: dict[str, set[str]] = {}
    for topic in lessons.topics().values():
        words.setdefault(topic.specialties[0], set()).update((topic.name, *topic.words))
    ours = recognising.score(lambda text: [one.specialty for one in model.guess(text)], queries.evaluation())
    plain = recognising.score(recognising.by_keywords(words), queries.evaluation())
    assert ours.top_1 > 0.75
    assert ours.top_3 > 0.9
    assert ours.top_3 > plain.top_3 + 0.1


def test_the_evaluation_is_large_and_apart_from_what_is_taught():
    samples = lessons.samples()
    assert len(samples) >= 120
    assert len({one.right for one in samples}) >= 20
    taught = {lesson.text for lesson in lessons.lessons()}
    assert not [one.text for one in samples if one.text in taught]


def test_every_code_is_of_the_catalogue():
    known = {line.split(",")[0] for line in CATALOGUE.read_text(encoding="utf-8").splitlines()[1:]}
    named = {one.specialty for one in lessons.lessons()}
    for one in lessons.samples():
        named |= one.acceptable
    assert named <= known


def test_a_guess_says_which_words_spoke_for_it():
    first = recognising.train(queries.shipped()).guess("右肺上叶磨玻璃结节，是否胸腔镜手术")[0]
    assert "结节" in first.words
    assert recognising.train(queries.shipped()).guess("") == []


def test_what_only_few_cases_say_is_not_kept():
    taught = [recognising.Lesson("03.01", f"张桂芳{n} 结节") for n in "一"] + [
        recognising.Lesson("03.01", "结节 随访")
    ] * 3
    assert recognising.gather(taught, rarest=3) == {"03.01": Counter({"结节": 4, "随访": 3, "·结节": 4, "·随访": 3})}


def test_a_case_signed_by_three_specialties_teaches_no_name():
    taught = [recognising.Lesson(code, "张桂芳 结节", 1 / 3, person="p1") for code in ("03.01", "04.05", "32")]
    assert not any(recognising.gather(taught, rarest=3).values())


def test_what_three_cases_of_one_patient_say_is_one_patients():
    taught = [recognising.Lesson("03.01", "张桂芳 结节", person="p1") for _case in range(3)]
    taught += [recognising.Lesson("03.01", "结节", person=other) for other in ("p2", "p3")]
    assert recognising.gather(taught, rarest=3) == {"03.01": Counter({"结节": 5, "·结节": 5})}
