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
# What operators give and end. Their own role is not among them: nobody multiplies their own power.
WORKING = frozenset(Role) - ADMINISTRATORS - {Role.OPERATOR}


def fits(parent_kind: str | None, kind: str) -> bool:
    """Whether an organisation of this kind may lie below one of `parent_kind` (`None`: at the root)."""
    return kind in CHILDREN[parent_kind]


def may_lie_below(kind: str) -> bool:
    """Whether there is anything that an organisation of this kind may lie below."""
    return any(kind in below for above, below in CHILDREN.items() if above is not None)


def clashes(role: str, held: frozenset[str]) -> bool:
    """Whether holding `role` beside the roles `held` would join two administrators in one person."""
    return role in ADMINISTRATORS and bool((held & ADMINISTRATORS) - {role})


def is_working(roles: frozenset[str]) -> bool:
    """Whether all of these are working roles: whoever holds any other is looked after by the administrators alone."""
    return roles <= WORKING
