"""What the documents point to is there: every relative link, and every file that the threat model names."""

import re

import pytest

from tests.house import tree

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)[^)]*\)")
NAMED_PATH = re.compile(r"`((?:huizhen|tests|docs|bin|bench)/[\w./-]+)`")


@pytest.mark.parametrize("page", tree.files(".md"), ids=tree.name)
def test_links_lead_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_threat_model_names_files_that_exist():
    page = (tree.ROOT / "docs/security.md").read_text(encoding="utf-8")
    assert [path for path in NAMED_PATH.findall(page) if not (tree.ROOT / path).exists()] == []


def test_every_decision_is_listed():
    index = (tree.ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    pages = [path.name for path in tree.files(".md", under="docs/decisions") if path.name != "README.md"]
    assert [name for name in pages if f"({name})" not in index] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md", "docs/architecture.md"])
def test_the_floors_are_drawn_as_they_stand(name):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", (tree.ROOT / name).read_text(encoding="utf-8"), re.M | re.S)
    [floors] = [text for language, text in blocks if not language and "kernel" in text]
    standing = sorted(path.parent.name for path in (tree.ROOT / "huizhen").glob("*/__init__.py"))
    assert [floor for floor in standing if not re.search(rf"(^|[│|] ){floor}\b", floors, re.M)] == []
