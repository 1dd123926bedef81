"""Where it is measured: a database server of its own, as durable as in production, and one database for each size."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection, connections

from bench import load, people
from huizhen.config import embedded
from huizhen.config.embedded import Embedded
from huizhen.consult.joint.report import chosen
from huizhen.people.organisations import tree

BASE = "bench_base"
# Of this run's environment nothing may leak into what is measured.
OURS = ("HUIZHEN_", "DATABASE_URL")


class Ground:
    """The server and its databases. `keep`: a database of the same size from an earlier run is used as it is.
    `tables`: a dump of empty tables, so that migrating finds little to do."""

    def __init__(self, server: Embedded, *, keep: bool, tables: Path | None = None) -> None:
        self.server, self.keep, self.tables = server, keep, tables
        self.made: set[str] = set()

    @contextmanager
    def standing(self) -> Iterator["Ground"]:
        """Run the server meanwhile."""
        embedded.start(self.server)
        try:
            if not (self.keep and self._has(BASE)):
                self._make_base()
            yield self
        finally:
            connection.close()
            embedded.stop(self.server)

    def use(self, cases: int) -> None:
        """Point Django at the database with so many cases, made where there is none."""
        name = f"bench_{cases}"
        if name not in self.made and not (self.keep and self._has(name)):
            self._drop(name)
            connection.close()
            self._ask(f"CREATE DATABASE {name} TEMPLATE {BASE}")
            self._enter(name)
            load.fill(cases)
        self.made.add(name)
        self._enter(name)

    def enter_own(self, name: str, *, anew: bool = False) -> bool:
        """Point Django at a database for one part alone, whether it had to be made. `anew`: it always is."""
        name = f"bench_{name}"
        is_new = anew or not (self.keep and self._has(name))
        if is_new:
            self._drop(name)
            connection.close()
            self._ask(f"CREATE DATABASE {name} TEMPLATE {BASE}")
        self._enter(name)
        return is_new

    def url(self) -> str:
        """The address of the database in use."""
        return self.server.url(connection.settings_dict["NAME"])

    def _make_base(self) -> None:
        for old in self._ask("SELECT string_agg(datname, ',') FROM pg_database WHERE datname LIKE 'bench%'").split(","):
            self._drop(old)
        self._ask(f"CREATE DATABASE {BASE}")
        self._enter(BASE)
        print("making the tables", flush=True)
        if self.tables:
            fill_tables(self.server, BASE, self.tables)
        call_command("migrate", interactive=False, verbosity=0)
        people.make_staff()
        connection.close()

    def _enter(self, name: str) -> None:
        connection.close()
        for alias in connections:
            connections[alias].settings_dict["NAME"] = name
        tree.forget()
        chosen.get_signer.cache_clear()

    def _has(self, name: str) -> bool:
        return self._ask(f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == "1"  # noqa: S608 - our name

    def _drop(self, name: str) -> None:
        if name:
            self._ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _ask(self, sql: str) -> str:
        return embedded.query(self.server, sql)


def fill_tables(server: Embedded, database: str, dump: Path) -> None:
    """Make the tables of a dump in an empty database."""
    line = [str(server.programs / "psql"), server.url(database), "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(dump)]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)


def environment(var: Path, **more: str) -> dict[str, str]:
    """The environment of a process that is measured: demonstration secrets, the log of production."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return own | {"HUIZHEN_DEMO": "yes", "HUIZHEN_VAR": str(var), "HUIZHEN_LOG": "json"} | more


def fresh_folder(folder: Path) -> Path:
    """An empty folder that the database's own user may reach."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    return folder
