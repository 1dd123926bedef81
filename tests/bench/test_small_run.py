"""The bench itself must not rot: one whole run over a tiny world gives every figure. What it says about time is noise."""

import json
import subprocess
import sys
from itertools import chain

from tests.faults.running import fresh_folder

PROMISED = {
    "sweep_idle_database_ms", "sweep_500_seconds", "worklist_team_queries", "worklist_team_growth", "worklist_mine_growth",
    "worklist_organisation_growth", "audit_share_percent", "api_read_per_second", "api_list_per_second",
    "api_create_per_second", "second_start_seconds", "rest_mb", "report_lines_percent", "report_page_s",
    "casepage_statements", "casepage_ms", "casepage_script_kb", "papers_seconds",
}  # fmt: skip


# What needs a browser, a load generator or instruments by the hundred is measured by hand only.
TINY = "--cases 900 --small 300 --due 5 --seconds 1 --pages 1 --rest 0 --times 1 --no-demo"
PARTS = ("sweeps", "worklists", "reads", "api", "casepage", "papers", "transcripts", "house")


def test_a_tiny_run_measures_everything():
    with fresh_folder() as folder:
        line = [sys.executable, "-m", "bench", *TINY.split(), *chain.from_iterable(("--only", part) for part in PARTS)]
        line += ["--var", str(folder), "--out", str(folder / "out")]
        done = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads((folder / "out" / "latest.json").read_text())
        assert found.keys() >= PROMISED
        assert set(found["verdicts"]) - {key for key in found["verdicts"] if key.startswith("worklist_")} <= PROMISED
        assert found["worklist_team_queries"] <= 8
        assert found["casepage_statements"] <= 12
        assert all(found[key] > 0 for key in PROMISED - {"audit_share_percent"})
