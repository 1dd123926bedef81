"""The bench itself must not rot: one whole run over a tiny world gives every figure. What it says about time is noise."""

import json
import subprocess
import sys
from itertools import chain

from django.db import connection
from psycopg.conninfo import make_conninfo

from huizhen.config.embedded import bundled_programs
from tests.faults.running import fresh_folder

PROMISED = {
    "sweep_idle_database_ms", "sweep_500_seconds", "worklist_team_queries", "worklist_team_growth", "worklist_mine_growth",
    "worklist_organisation_growth", "audit_share_percent", "audit_page_share_percent", "api_read_per_second",
    "api_list_per_second", "api_create_per_second", "second_start_seconds", "rest_mb", "report_lines_percent", "report_page_s",
    "casepage_statements", "casepage_ms", "casepage_script_kb", "papers_seconds", "decode_per_second", "intake_mb",
    "chain_per_second", "upstream_per_second",
}  # fmt: skip


# What needs a browser or a load generator is measured by hand only.
TINY = "--cases 900 --small 300 --due 5 --seconds 0.5 --pages 1 --rest 0 --times 1 --turns 1 --workers 1 --no-demo"
LABORATORY = "--chain 0 --rush 40 --patients 200 --messages 50 --connections 5"
PARTS = (
    "sweeps", "worklists", "reads", "api", "instruments", "chain", "casepage", "papers", "transcripts", "house",
)  # fmt: skip


# The tables, and which migrations have made them: with these applied, migrating takes a moment.
DUMPS = (("--schema-only",), ("--data-only", "--table=django_migrations"))


def dump_tables(file):
    """This worker's own tables, empty."""
    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    where = make_conninfo(**{name: given[name] for name in names if given.get(name)})
    with file.open("wb") as out:
        for words in DUMPS:
            line = [bundled_programs() / "pg_dump", where, "--no-owner", *words]
            subprocess.run(line, stdout=out, check=True, timeout=100)


def test_a_tiny_run_measures_everything(db):
    """The tables come from this run's own database: that they can be migrated is shown elsewhere."""
    with fresh_folder() as folder:
        tables = folder / "tables.sql"
        dump_tables(tables)
        line = [sys.executable, "-m", "bench", *TINY.split(), *LABORATORY.split()]
        line += [*chain.from_iterable(("--only", part) for part in PARTS), "--tables", str(tables)]
        line += ["--var", str(folder), "--out", str(folder / "out")]
        done = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads((folder / "out" / "latest.json").read_text())
        assert found.keys() >= PROMISED
        assert set(found["verdicts"]) - {key for key in found["verdicts"] if key.startswith("worklist_")} <= PROMISED
        assert found["worklist_team_queries"] <= 8
        assert found["casepage_statements"] <= 12
        assert found["intake_stored"] == 5
        assert all(found[key] > 0 for key in PROMISED - {"audit_share_percent", "audit_page_share_percent"})
