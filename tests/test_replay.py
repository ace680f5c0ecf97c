"""Complaints go in by mail at one end, signed forms and a chart come out at the other.

The replay runs as `make replay` runs it, against a server with a database of its own.
"""

import hashlib
import json
import os
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pytest

from dev import config, postgres, results, testing

MAIN = config.ROOT / "dev" / "replay" / "main.py"
SAMPLE = MAIN.with_name("sample.tsv")
SHARED = config.ROOT.parent / "shared" / "data" / "nhtsa_complaints.tsv"

# What is in sample.tsv, counted by hand.
SAMPLE_SUMMARY = {
    "lines": 13,
    "tickets": 8,
    "joined": 1,
    "rejected": [
        {"line": 6, "reason": "no complaint number"},
        {"line": 10, "reason": "only 5 columns, 20 are needed"},
        {"line": 11, "reason": "no component"},
        {"line": 13, "reason": "the same record as line 1"},
    ],
    "findings_by_fault": {
        "Drive": 2,
        "CONTROL AND SOFTWARE": 1,
        "COOLING": 1,
        "COVERS AND GUARDS": 1,
        "ELECTRICAL SYSTEM": 1,
        "HYDRAULICS": 1,
        "SAFETY DEVICES": 1,
        "TRANSPORT DAMAGE": 1,
    },
    "responded_in_time": 3,
    "arrived_in_time": 3,
    "closed": 3,
    # Two hours of labour, the way and its kilometres, with 15 % of taxes.
    "repairs": [
        {
            "payer": "warranty",
            "receipt": "filed",
            "money": "none",
            "owed": 0.0,
            "paid": 0.0,
        },
        {
            "payer": "contract",
            "receipt": "filed",
            "money": "none",
            "owed": 0.0,
            "paid": 0.0,
        },
        {
            "payer": "customer",
            "receipt": "reconciled",
            "money": "matched",
            "owed": 307.05,
            "paid": 307.05,
        },
    ],
}
#: The four versions of the forms, the list of the receipts, the chart.
FILES = 6
# Everything that a second run could make a second time.
COUNTED = (
    "account_move",
    "account_payment",
    "aftersales_contract",
    "aftersales_equipment",
    "aftersales_followup",
    "aftersales_receipt",
    "aftersales_receipt_batch",
    "aftersales_receipt_step",
    "sale_order",
    "aftersales_ticket",
    "aftersales_finding",
    "aftersales_fault",
    "aftersales_sla_clock",
    "aftersales_sla_event",
    "aftersales_dispatch",
    "aftersales_dispatch_job",
    "aftersales_dispatch_line",
    "aftersales_checklist_answer",
    "aftersales_service_form",
    "hr_employee",
    "ir_mail_server",
    "mail_alias",
    "mail_alias_domain",
    "mail_mail",
    "mail_message",
    "res_partner",
    "res_users",
    "res_users_apikeys",
)


class Replay:
    """Runs the replay on a file and looks into the database."""

    def __init__(self, odoo_env, server, folder):
        self.odoo_env = odoo_env
        self.server = server
        self.folder = folder

    def start(self, data):
        """Start a run and return its process."""
        env = {
            **os.environ,
            **postgres.environment(),
            "PYTHONPATH": str(config.ROOT),
            "AFTERSALES_URL": f"http://127.0.0.1:{self.server.port}",
            "AFTERSALES_DB": self.server.database,
            "AFTERSALES_ODOO": str(config.WRAPPER),
            "AFTERSALES_OUTPUT": str(self.folder),
            "DATA": str(data),
        }
        return subprocess.Popen(
            [sys.executable, "-B", str(MAIN)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env,
            cwd=config.ROOT,
        )

    def run(self, data):
        """Run to the end and return what was printed and the summary."""
        process = self.start(data)
        printed, _nothing = process.communicate()
        assert process.returncode == 0, printed
        return printed, json.loads((self.folder / "summary.json").read_text())

    def kill_after(self, data, text):
        """Start a run and kill it when it has printed a text."""
        process = self.start(data)
        for line in process.stdout:
            if text in line:
                process.kill()
        process.wait()
        assert process.returncode == -9

    def query(self, sql):
        """Run SQL and return the rows."""
        return self.odoo_env.query(self.server.database, sql)

    def number(self, sql):
        """Run SQL that returns one number."""
        return int(self.query(sql)[0][0])

    def census(self):
        """Count what a run makes."""
        counts = {
            table: self.number(f"SELECT count(*) FROM {table}") for table in COUNTED
        }
        sql = "SELECT count(*) FROM ir_attachment WHERE res_model LIKE 'aftersales.%'"
        return {**counts, "files": self.number(sql)}


def expected_of(path):
    """Count by hand, without the replay's code, what a file should become."""
    rejected, seen, numbers, faults, spelling = 0, set(), set(), Counter(), {}
    lines = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    for line in lines:
        cells = [cell.strip() for cell in line.decode().split("\t")]
        top = cells[11].strip(": ").split(":")[0] if len(cells) > 19 else ""
        record = tuple(cells[:2])
        if not (top and all(record)) or record in seen:
            rejected += 1
            continue
        seen.add(record)
        numbers.add(cells[1])
        faults[spelling.setdefault(top.lower(), top)] += 1
    return {
        "lines": len(lines),
        "tickets": len(numbers),
        "joined": len(seen) - len(numbers),
        "rejected": rejected,
        "findings_by_fault": dict(faults),
    }, numbers


def check_files(replay, summary, count):
    """Check that the files are there, are PDFs and are those that were signed."""
    assert len(summary["files"]) == count
    there = {path.name for path in replay.folder.glob("*.pdf")}
    assert there == set(summary["files"])
    hashes = {
        row[0] for row in replay.query("SELECT pdf_hash FROM aftersales_service_form")
    }
    for name in summary["files"]:
        pdf = (replay.folder / name).read_bytes()
        assert pdf.startswith(b"%PDF"), name
        assert len(pdf) > 10_000, name
        if name not in ("pareto.pdf", "receipts.pdf"):
            assert hashlib.sha256(pdf).hexdigest() in hashes, name


@pytest.fixture(scope="module")
def replay(odoo_env, make_db, server, tmp_path_factory):
    """Return a replay with a server whose database nothing has happened in."""
    running = server(make_db("replay", addon=True))
    return Replay(odoo_env, running, tmp_path_factory.mktemp("replay"))


@pytest.fixture(scope="module")
def sample_run(replay):
    """Run the sample to the end, after a run that was killed in the middle."""
    replay.kill_after(SAMPLE, "mail gateway:")
    return replay.run(SAMPLE)


def test_sample(replay, sample_run):
    """Every line of the sample becomes what it should."""
    printed, summary = sample_run
    assert "9 recognised" in printed
    assert summary == {**SAMPLE_SUMMARY, "files": summary["files"]}
    check_files(replay, summary, FILES)
    assert replay.number("SELECT count(*) FROM aftersales_ticket") == 8
    assert replay.number("SELECT count(*) FROM aftersales_finding") == 9


def test_arrival_counts(replay, sample_run):
    """The report counts from its arrival; the mail's own date is years old."""
    assert replay.query(
        "SELECT min(reported_at) > now() - interval '1 day' FROM aftersales_ticket"
    ) == [["t"]]
    assert replay.query(
        "SELECT min(date) < '2025-01-01' FROM mail_message WHERE message_type = 'email'"
    ) == [["t"]]


def test_customers_are_matched(replay, sample_run):
    """Known senders were matched by the gateway, the others became customers later."""
    tickets = replay.query(
        "SELECT p.email, t.email_from, m.author_id IS NOT NULL FROM aftersales_ticket t"
        " JOIN res_partner p ON p.id = t.partner_id JOIN mail_message m ON"
        " m.res_id = t.id AND m.model = 'aftersales.ticket' AND m.message_id LIKE"
        " '<complaint-%' AND m.parent_id IS NULL ORDER BY t.id"
    )
    assert [row[2] for row in tickets] == ["t", "f"] * 4
    assert all(email in sender for email, sender, _known in tickets)
    assert len({row[0] for row in tickets}) == 8


def test_roles_do_their_own_work(replay, sample_run):
    """Each record was written by the user whose work it is."""
    makers = {
        "aftersales_dispatch": "replay-dispatcher",
        "aftersales_dispatch_line": "replay-technician",
        "aftersales_finding": "replay-intake",
    }
    for table, login in makers.items():
        rows = replay.query(
            f"SELECT DISTINCT u.login FROM {table} r JOIN res_users u"
            " ON u.id = r.create_uid"
        )
        assert rows == [[login]], table
    recorded = replay.query(
        "SELECT outcome, version, login FROM aftersales_service_form f"
        " JOIN res_users u ON u.id = f.recorded_by ORDER BY f.id"
    )
    technician = "replay-technician"
    assert recorded == [
        ["accepted", "1", technician],
        ["remarks", "1", technician],
        ["accepted", "1", technician],
        ["accepted", "2", technician],
    ]


def test_receipts_go_by_their_people(replay, sample_run):
    """Who was there hands over, finance receives and ends; the customer signed."""
    steps = replay.query(
        "SELECT r.name, s.state, u.login FROM aftersales_receipt_step s"
        " JOIN aftersales_receipt r ON r.id = s.receipt_id"
        " JOIN res_users u ON u.id = s.user_id ORDER BY r.id, s.id"
    )
    technician, finance = "replay-technician", "replay-finance"
    ways = {}
    for name, state, login in steps:
        ways.setdefault(name, []).append((state, login))
    free = [
        ("issued", technician),
        ("handed", technician),
        ("received", finance),
        ("filed", finance),
    ]
    found = list(ways.values())
    assert found[:2] == [free, free]
    assert [state for state, _login in found[2]] == ["issued", "replaced"]
    assert found[3][:3] == free[:3]
    assert found[3][-1][0] == "reconciled"
    assert replay.query(
        "SELECT c.state, o.state, o.signed_by IS NOT NULL"
        " FROM aftersales_contract c JOIN sale_order o ON o.id = c.sale_order_id"
    ) == [["active", "sale", "t"]]
    assert replay.query(
        "SELECT u.login, m.payment_state FROM account_move m JOIN res_users u"
        " ON u.id = m.create_uid WHERE m.move_type = 'out_invoice'"
    ) == [["replay-seller", "paid"]]
    assert replay.query(
        "SELECT DISTINCT u.login FROM account_payment p JOIN res_users u"
        " ON u.id = p.create_uid"
    ) == [[finance]]


def test_tickets_close_by_their_rule(replay, sample_run):
    """Nobody has closed them: the last receipt, or the last payment did."""
    assert replay.query(
        "SELECT t.state, count(*) FROM aftersales_ticket t JOIN aftersales_team m"
        " ON m.id = t.team_id WHERE m.closing_rule = 'invoiced' AND t.closed_at"
        " IS NOT NULL GROUP BY t.state"
    ) == [["closed", "3"]]


def test_nothing_twice(replay, sample_run):
    """A second run makes no record a second time, and says the same."""
    before = replay.census()
    for pdf in replay.folder.glob("*.pdf"):
        pdf.unlink()
    printed, summary = replay.run(SAMPLE)
    assert "mail gateway: 0 mails taken, 9 recognised, 0 refused" in printed
    assert "classified: nothing new" in printed
    assert summary == sample_run[1]
    assert replay.census() == before
    check_files(replay, summary, FILES)


def test_real_complaints(replay, sample_run):
    """The real complaints come through whole; the sample stands in where they lack."""
    path = SHARED
    if not path.exists():
        warnings.warn(f"{SHARED} is absent: counting the sample instead", stacklevel=1)
        path = SAMPLE
    _printed, summary = replay.run(path)
    expected, numbers = expected_of(path)
    found = {**summary, "rejected": len(summary["rejected"])}
    assert {name: found[name] for name in expected} == expected
    entered = found["tickets"] + found["joined"] + found["rejected"]
    assert entered == summary["lines"]
    assert sum(summary["findings_by_fault"].values()) == entered - expected["rejected"]
    assert [summary[name] for name in ("responded_in_time", "arrived_in_time")] == [
        3,
        3,
    ]
    assert summary["closed"] == 3
    check_files(replay, summary, FILES)
    tickets = replay.query(
        "SELECT p.email, count(*) FROM aftersales_ticket t JOIN res_partner p"
        " ON p.id = t.partner_id GROUP BY p.email"
    )
    made = dict(tickets)
    assert all(made[f"owner-{number}@customers.example"] == "1" for number in numbers)


def test_log_is_quiet(replay, sample_run):
    """The server had nothing to complain about while all this happened."""
    allowed = results.read_allowed(testing.ALLOWED.read_text())
    log = Path(replay.server.log).read_text()
    assert results.loud_lines(log, allowed) == []


def test_missing_input(replay):
    """A file that is not there is named, and nothing else happens."""
    process = replay.start(replay.folder / "absent.tsv")
    printed, _nothing = process.communicate()
    assert process.returncode == 1
    assert "absent.tsv: there is no such file" in printed
