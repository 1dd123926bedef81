"""What the tree as a whole must hold: a licence, lock files without hosts, every setting in the manual."""

import json
import re

from huizhen.config import settings as _settings  # noqa: F401 - declares the options
from huizhen.config import settings_commands
from huizhen.config.options import OPTIONS
from tests.house import tree

# Written in pieces, because the tree must not name them, and this file is part of the tree.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("npmmirror", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    )
]
TEXTS = (".py", ".ts", ".js", ".json", ".toml", ".lock", ".md", ".html", ".css", ".txt", ".cfg", ".ini", ".yml")
OTHERS = (".yaml", ".sh", ".po", ".npmrc", "Makefile", "Dockerfile", ".ci/run", "uv.lock")
MANUAL = tree.ROOT / "docs/operations.md"


def test_the_licence_is_apache_2():
    text = (tree.ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert 'license = "Apache-2.0"' in (tree.ROOT / "pyproject.toml").read_text()


def test_the_python_lock_file_names_no_address():
    assert "://" not in (tree.ROOT / "uv.lock").read_text()


def test_the_node_lock_files_name_no_address():
    packages = {
        f"{tree.name(path)}: {name}": package
        for path in tree.files("package-lock.json")
        for name, package in json.loads(path.read_text())["packages"].items()
    }
    assert [name for name, package in packages.items() if "://" in package.get("resolved", "")] == []


def test_nothing_names_a_package_registrys_host():
    pattern = re.compile("|".join(re.escape(host) for host in REGISTRIES))
    found = [tree.name(path) for path in tree.files(*TEXTS, *OTHERS) if pattern.search(path.read_text("utf-8"))]
    assert found == []


def test_every_setting_is_in_the_manual():
    manual = MANUAL.read_text(encoding="utf-8")
    assert [name for name in OPTIONS if f"`{name}`" not in manual] == []


def test_the_manual_tells_each_settings_default_and_meaning():
    """`huizhen settings-page` writes the table."""
    assert settings_commands.rows() in MANUAL.read_text(encoding="utf-8")


def test_the_manual_names_no_setting_that_is_gone():
    named = set(re.findall(r"`(HUIZHEN_[A-Z_]+)`", MANUAL.read_text(encoding="utf-8")))
    assert sorted(named - set(OPTIONS)) == []
