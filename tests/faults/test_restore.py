"""The restore test of docs/operations.md, step by step: what was backed up comes back whole, and is proven so."""

import shutil
import subprocess
import sys
from pathlib import Path

from huizhen.config import embedded
from huizhen.config.embedded import Embedded
from tests.faults.running import command, environment, fresh_folder, prepared_house

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("kernel_auditentry", "records_patient", "records_document", "kernel_file", "people_account")


def program(server: Embedded, name: str, *words: str) -> str:
    """Run one of PostgreSQL's own programs against the server."""
    line = [str(server.programs / name), "-h", str(server.socket), "-U", embedded.SUPERUSER, *words]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def counts(server: Embedded, database: str) -> list[str]:
    """How many rows there are, table by table."""
    asked = " UNION ALL ".join(f"SELECT '{table} ' || count(*) FROM {table}" for table in TABLES)  # noqa: S608 - ours
    return program(server, "psql", "-d", database, "-Atc", asked).splitlines()


def test_a_backup_comes_back_whole():
    with fresh_folder() as folder:
        subprocess.run(["cp", "-a", f"{prepared_house()}/.", str(folder)], check=True)
        server, environ = Embedded(folder / "postgres"), environment(folder)
        embedded.start(server)
        try:
            subprocess.run(
                [sys.executable, "-m", "tests.faults.person"], input='"meet"\n', text=True, env=environ, cwd=ROOT,
                stdout=subprocess.DEVNULL, check=True,
            )  # fmt: skip
            before, sealed = counts(server, "huizhen"), command("audit", "verify", environ=environ)
            assert not any(row.endswith(" 0") for row in before), "there is something to lose"

            dump = folder / "huizhen.dump"
            program(server, "pg_dump", "-Fc", "-d", "huizhen", "-f", str(dump))
            shutil.copytree(folder / "files", folder / "restored" / "files")
            embedded.query(server, "DROP DATABASE huizhen WITH (FORCE)")
            shutil.rmtree(folder / "files")

            program(server, "createdb", "huizhen_restore")
            program(server, "pg_restore", "-d", "huizhen_restore", "--exit-on-error", str(dump))
            environ |= {"HUIZHEN_VAR": str(folder / "restored"), "DATABASE_URL": server.url("huizhen_restore")}
            assert command("migrate", environ=environ).stdout == ""
            verified = command("audit", "verify", environ=environ)
            assert (verified.returncode, verified.stdout) == (0, sealed.stdout)
            assert counts(server, "huizhen_restore") == before
        finally:
            embedded.stop(server, mode="immediate")
            shutil.rmtree(server.socket, ignore_errors=True)
