"""Which organisation may lie below which, and who may give which role."""

from huizhen.people.organisations.models import Kind, Role

CHILDREN: dict[str | None, frozenset[str]] = {
    None: frozenset({Kind.PLATFORM, Kind.GROUP, Kind.HOSPITAL, Kind.CLINIC}),
    Kind.PLATFORM: frozenset({Kind.GROUP, Kind.HOSPITAL, Kind.CLINIC, Kind.DEPARTMENT}),
    Kind.GROUP: frozenset({Kind.GROUP, Kind.HOSPITAL, Kind.CLINIC, Kind.DEPARTMENT}),
    Kind.HOSPITAL: frozenset({Kind.HOSPITAL, Kind.CLINIC, Kind.DEPARTMENT}),
    Kind.CLINIC: frozenset({Kind.DEPARTMENT}),
    Kind.DEPARTMENT: frozenset({Kind.DEPARTMENT}),
}

# 等保 level 3 (GB/T 22239-2019, 8.1.5): system, security and audit administration are three persons' work.
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


def fits(parent_kind: str | None, kind: str) -> bool:
    """Whether an organisation of this kind may lie below one of `parent_kind` (`None`: at the root)."""
    return kind in CHILDREN[parent_kind]


def clashes(role: str, held: frozenset[str]) -> bool:
    """Whether holding `role` beside the roles `held` would join two administrators in one person."""
    return role in ADMINISTRATORS and bool((held & ADMINISTRATORS) - {role})
