"""The demonstration's panels and rules, invented."""

from collections.abc import Iterator
from datetime import datetime

from huizhen.consult.panels import actions, queries
from huizhen.kernel.access import SYSTEM

# house: chinese, because the names of panels are data
PANELS = (
    ("肺结节多学科会诊", "Lung nodules", ("04.05", "32", "03.01"), "04.05", ("lung-nodule", "lung-cancer")),
    ("胸部肿瘤多学科会诊", "Chest tumours", ("04.05", "19", "32"), "19", ("mediastinum", "oesophagus")),
    ("心力衰竭联合会诊", "Heart failure", ("03.04", "03.06"), "03.04", ("heart-failure",)),
)
RULES = (("03.04", 1, "associate_chief", True), ("19", 2, "associate_chief", False))


def load(at: datetime) -> Iterator[str]:
    """Make what is missing."""
    known = {one.name for one in queries.list_templates(active=False)}
    for name, name_en, seats, chair, topics in PANELS:
        if name not in known:
            actions.save_template(
                actor=SYSTEM, at=at, name=name, name_en=name_en, seats=seats, chair=chair, topics=topics
            )
    ruled = {rule.specialty_id for rule in queries.list_rules()}
    for specialty, quorum, title, own in RULES:
        if specialty not in ruled:
            actions.save_rule(specialty, quorum=quorum, chair_title=title, chair_of_specialty=own, actor=SYSTEM, at=at)
    yield f"panels: {len(PANELS)} templates, {len(RULES)} rules"
