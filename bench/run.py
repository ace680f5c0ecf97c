"""Benchmarks: prepares a database for each program, measures, writes the results.

ONLY=create_one,board measures a part and leaves the recorded results alone.
"""

import json
import os
import platform
import subprocess
import sys
import time
from datetime import date

from bench import bars, packages, plan, table, web
from dev import config, databases, odoo, postgres, proc, source
from dev.server import Server
from dev.ui import Failure, say, step

HERE = config.ROOT / "bench"
OUT = config.BUILD / "bench"
PREFIX = "after_bench"
MODULES = {
    "ours": config.ADDON,
    "helpdesk": "helpdesk_mgmt_sla",
    "fieldservice": "fieldservice",
}
WEB_SIZE = 100_000


def drop(name):
    """Drop a database, also while the server tidies it up."""
    try:
        databases.drop(name)
    except Failure:
        # The role may not end an autovacuum worker by force. A plain DROP ends it.
        postgres.query(f"DROP DATABASE IF EXISTS {name}")
        databases.drop(name)


class Bench:
    """One run over all programs.

    :param set wanted: names of the rows to measure; empty for all
    """

    def __init__(self, wanted):
        self.wanted = wanted
        self.figures = []
        self.addons = ",".join(
            map(
                str,
                [*source.ensure().addons_paths, config.ROOT, packages.ensure()],
            )
        )

    def run(self):
        """Measure everything that is wanted."""
        if self.wanted <= plan.STEP2 | plan.STEP6 and self.wanted:
            names = []
        else:
            names = list(MODULES)
        for name in names or ["ours"]:
            base = f"{PREFIX}_{name}"
            try:
                self._install(name, base)
                for kind in ("bare", "full") if names else ():
                    self._measure(name, kind, base)
                if name == "ours":
                    self._own_rows(base)
            finally:
                drop(base)

    def _own_rows(self, base):
        """Measure the rows that no other program has, each step's in its own copy."""
        for step_name, names in (("step2", plan.STEP2), ("step6", plan.STEP6)):
            if not self._wants(names):
                continue
            database = f"{base}_{step_name}"
            databases.copy(base, database)
            try:
                self._shell(
                    database,
                    f"from bench import {step_name}",
                    f"{step_name}.main(env, {{wanted!r}}, {{path!r}})",
                )
            finally:
                drop(database)

    def _wants(self, names):
        return not self.wanted or bool(self.wanted & set(names))

    def _install(self, name, base):
        """Make a database with one program and what it depends on, nothing else."""
        with step(f"Installing {MODULES[name]} in {base}"):
            if name == "ours":
                databases.copy(databases.template(), base)
            else:
                drop(base)
            odoo.run(
                [
                    "-d", base, "-i", MODULES[name], "--stop-after-init", "--no-http",
                    "--max-cron-threads=0", f"--addons-path={self.addons}",
                ],
                "bench-install",
                f"Installing {MODULES[name]}",
            )  # fmt: skip

    def _measure(self, name, kind, base):
        """Fill a copy of the database step by step and measure at each size."""
        totals = plan.totals(self.wanted)
        pages = self._wants([*bars.PAGES, "sla_pivot"])
        if pages and WEB_SIZE not in totals:
            totals = sorted([*totals, WEB_SIZE])
        database = f"{base}_{kind}"
        databases.copy(base, database)
        try:
            before = [total for total in totals if total <= WEB_SIZE]
            after = [total for total in totals if total > WEB_SIZE]
            with step(f"Measuring {name}, {kind}"):
                self._drive(database, name, kind, before)
                if pages:
                    self._serve(database, name, kind)
                self._drive(database, name, kind, after)
        finally:
            drop(database)

    def _drive(self, database, name, kind, totals):
        if totals:
            self._shell(
                database,
                "from bench import drive",
                f"drive.main(env, {name!r}, {kind == 'full'}, {totals},"
                " {wanted!r}, {path!r})",
            )

    def _shell(self, database, imports, call):
        """Run a function of this folder in Odoo's shell and take its figures."""
        path = OUT / "figures.json"
        path.unlink(missing_ok=True)
        call = call.format(wanted=self.wanted, path=str(path))
        code = (
            f"import sys\nsys.path.insert(0, {str(config.ROOT)!r})\n{imports}\n{call}\n"
        )
        log = proc.log_path("bench-shell")
        with open(log, "w") as err:
            done = subprocess.run(
                odoo.command(
                    "shell", "-d", database, "--no-http", "--log-level=error",
                    f"--addons-path={self.addons}",
                ),
                input=code,
                text=True,
                check=False,
                env=odoo.environment(),
                stderr=err,
            )  # fmt: skip
        if done.returncode or not path.exists():
            raise Failure(f"The benchmark failed. See {log}:\n{proc.tail(log)}")
        self.figures += json.loads(path.read_text())

    def _serve(self, database, name, kind):
        """Measure the pages over HTTP, with one process and no jobs."""
        server = Server(
            "bench",
            database,
            proc.free_port(),
            extra=[f"--addons-path={self.addons}", "--max-cron-threads=0"],
        )
        start = time.perf_counter()
        server.start()
        try:
            client = web.Client(f"http://127.0.0.1:{server.port}", database, server.log)
            self.figures += web.measure(client, name, kind, WEB_SIZE, self.wanted)
        finally:
            server.stop()
        say(f"  pages in {time.perf_counter() - start:.0f} s")


def note():
    """Return a line about this run and its machine."""
    version = postgres.query("SHOW server_version")[0][0].split()[0]
    return (
        f"Run of {date.today()}: {os.cpu_count()} cores, Python"
        f" {platform.python_version()}, PostgreSQL {version},"
        f" {', '.join(packages.versions())}."
    )


def main():
    """Measure, write the results, print them as a table."""
    wanted = {part for part in os.environ.get("ONLY", "").split(",") if part}
    unknown = wanted - plan.ALL
    if unknown:
        known = ", ".join(sorted(plan.ALL))
        raise Failure(f"ONLY={','.join(sorted(unknown))}: there are {known}.")
    OUT.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    bench = Bench(wanted)
    bench.run()
    rows = bars.rows(bench.figures)
    text = table.plain(rows)
    (OUT / "table.txt").write_text(f"{text}\n")
    (OUT / "all_figures.json").write_text(json.dumps(bench.figures, indent=1))
    say(f"\n{text}\n")
    if not wanted:
        results = json.dumps(rows, indent=2, ensure_ascii=False)
        (HERE / "results.json").write_text(f"{results}\n")
        readme = HERE / "README.md"
        readme.write_text(table.replace(readme.read_text(), rows, note()))
    minutes = (time.monotonic() - start) / 60
    judged = [row for row in rows if row["met"] is not None]
    met = sum(row["met"] for row in judged)
    say(f"{met} of {len(judged)} bars are met; {minutes:.0f} minutes.")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"\nerror: {failure}", file=sys.stderr)
        sys.exit(1)
