"""Every dependency stands in docs/decisions/dependencies.md with its licence and its reason, and no other does."""

import re
import sys
import tomllib
from importlib import metadata

from tests.house import tree

ROW = re.compile(r"^\| `(?P<name>[\w-]+)` \| (?P<licence>[^|]+) \| (?P<why>[^|]+) \|$", re.MULTILINE)
STRONG_COPYLEFT = re.compile(r"(?<!L)GPL")


def declared() -> set[str]:
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return {re.split(r"[\[<>=~; ]", line)[0] for line in wanted}


def explained() -> dict[str, re.Match[str]]:
    page = (tree.ROOT / "docs/decisions/dependencies.md").read_text(encoding="utf-8")
    return {row["name"]: row for row in ROW.finditer(page)}


def test_every_dependency_is_explained():
    assert sorted(declared() - set(explained())) == []


def test_no_explanation_is_left_over():
    assert sorted(set(explained()) - declared()) == []


def test_each_has_a_licence_that_fits_and_a_reason():
    for row in explained().values():
        assert not STRONG_COPYLEFT.search(row["licence"]), row["name"]
        assert len(row["why"]) > 8, row["name"]


# Imported here, and by design brought by one that is declared.
BROUGHT_ALONG = {
    "django-pgtrigger": "django-pghistory",
    "asgiref": "django",
    "pyhanko-certvalidator": "pyhanko",
    "pydantic": "django-ninja",
    "pydantic-core": "django-ninja",
    "psycopg-pool": "psycopg",
}
# The house, and what only the type checker knows.
OURS = {"huizhen", "__future__", "_typeshed"}


def test_what_the_product_imports_is_declared():
    known = declared() | {name for name, bringer in BROUGHT_ALONG.items() if bringer in declared()}
    distributions = metadata.packages_distributions()
    strays = {
        f"{tree.name(path)} imports {root}"
        for path in tree.product()
        for root in tree.roots(tree.syntax(path)) - sys.stdlib_module_names - OURS
        if not {re.sub("[-_.]+", "-", name.lower()) for name in distributions.get(root, [])}
        & known  # as PEP 503 has it
    }
    assert sorted(strays) == []
