"""Benchmarks of the addon: prepares a database and measures in Odoo's shell."""

import json
import subprocess
import sys
from pathlib import Path

from dev import config, databases, odoo

HERE = Path(__file__).parent
DATABASE = "after_bench"
RESULTS = config.ROOT / "build" / "bench" / "results.json"


def main():
    """Measure, write the results, print them as a table."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    databases.copy(databases.template(), DATABASE)
    try:
        databases.install(DATABASE)
        _measure()
    finally:
        databases.drop(DATABASE)
    rows = json.loads(RESULTS.read_text())
    print(f"{'name':<16}{'size':>8}{'median ms':>12}{'queries':>10}")
    for row in rows:
        queries = "" if row["queries"] is None else f"{row['queries']:.2f}"
        memory = "".join(f"{figure:>9.0f} MiB" for figure in row.get("memory_mb", ()))
        print(
            f"{row['name']:<16}{row['size']:>8}{row['median_ms']:>12.2f}{queries:>10}"
            f"{memory}"
        )


def _measure():
    code = (HERE / "measure.py").read_text() + f"\nmain(env, {str(RESULTS)!r})\n"
    subprocess.run(
        odoo.command("shell", "-d", DATABASE, "--no-http", "--log-level=error"),
        input=code,
        text=True,
        check=True,
        env=odoo.environment(),
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    sys.exit(main())
