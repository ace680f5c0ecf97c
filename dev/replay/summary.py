"""What the server says afterwards, as files, as `summary.json` and as a table."""

import hashlib
import json
import re

from . import intake

FORM_PAGE = "/report/pdf/aftersales_service.report_service_form"
RECEIPTS_PAGE = "/report/pdf/aftersales_service.report_receipt_batch"
PARETO_PAGE = "/report/pdf/aftersales_service.report_pareto"


class BadFile(Exception):
    """A downloaded file is not what it should be; the text says why."""


def collect(people, complaints, rejected, refusals, lines):
    """Ask the server what became of the lines of the input.

    :param list rejected: lines that never became a mail
    :param dict refusals: row key -> why the server refused the mail
    :return: tuple of the summary without its files, and the ids of the tickets
    """
    manager = people["manager"]
    places = intake.locate(manager, complaints)
    tickets = sorted(set(places.values()))
    reasons = [(one.line, one.reason) for one in rejected]
    for complaint in complaints:
        for row in complaint.rows:
            if row.key not in places:
                reason = refusals.get(row.key, "the gateway made nothing of it")
                reasons.append((row.line, reason))
    mine = [("ticket_id", "in", tickets)]

    def count(model, *domain):
        return manager.call(model, "search_count", domain=[*domain])

    met = ("outcome", "=", "met")
    clock = "aftersales.sla.clock"
    return {
        "lines": lines,
        "tickets": len(tickets),
        "joined": len(places) - len(tickets),
        "rejected": [
            {"line": line, "reason": reason} for line, reason in sorted(reasons)
        ],
        "findings_by_fault": _by_fault(people["quality"], complaints, mine),
        "responded_in_time": count(clock, *mine, ("kind", "=", "respond"), met),
        "arrived_in_time": count(clock, *mine, ("kind", "=", "arrive"), met),
        "closed": count(
            "aftersales.ticket", ("id", "in", tickets), ("state", "=", "closed")
        ),
    }, tickets


def _by_fault(quality, complaints, domain):
    """Count the findings of some tickets by the top level of their faults."""
    spelling = {}
    for complaint in complaints:
        for row in complaint.rows:
            spelling.setdefault(row.levels[0].casefold(), row.levels[0])
    faults = quality.read("aftersales.fault", [], ["name", "parent_path"])
    names = {fault["id"]: fault["name"] for fault in faults}
    tops = {
        fault["id"]: names[int(fault["parent_path"].split("/")[0])] for fault in faults
    }
    counts = {}
    for finding in quality.read("aftersales.finding", domain, ["fault_id"]):
        top = tops[finding["fault_id"][0]] if finding["fault_id"] else "Not classified"
        top = spelling.get(top.casefold(), top)
        counts[top] = counts.get(top, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def write_files(people, ticket_ids, team_id, envelope_id, folder):
    """Fetch the signed forms, the list of receipts and the Pareto chart into a folder.

    :return: names of the files
    """
    reader = people["dispatcher"]
    forms = reader.read(
        "aftersales.service.form",
        [("dispatch_id.job_ids.ticket_id", "in", ticket_ids)],
        ["name", "version", "pdf_hash"],
    )
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for form in forms:
        pdf = reader.download(f"{FORM_PAGE}/{form['id']}")
        name = re.sub(r"[^A-Za-z0-9-]", "-", form["name"])
        name = f"{name}-v{form['version']}.pdf"
        found = hashlib.sha256(pdf).hexdigest()
        # The forms that had no PDF before have one since the download.
        if form["pdf_hash"] and form["pdf_hash"] != found:
            raise BadFile(f"{name} is not the file that was hashed when it was signed.")
        names.append(_save(folder, name, pdf))
    if envelope_id:
        pdf = people["finance"].download(f"{RECEIPTS_PAGE}/{envelope_id}")
        names.append(_save(folder, "receipts.pdf", pdf))
    quality = people["quality"]
    wizard = quality.call(
        "aftersales.pareto", "create", vals_list=[{"team_ids": [(6, 0, [team_id])]}]
    )
    quality.call("aftersales.pareto", "action_print", ids=wizard)
    pdf = quality.download(f"{PARETO_PAGE}/{wizard[0]}")
    names.append(_save(folder, "pareto.pdf", pdf))
    for old in folder.glob("*.pdf"):
        if old.name not in names:
            old.unlink()
    return names


def _save(folder, name, pdf):
    if not pdf.startswith(b"%PDF"):
        raise BadFile(f"{name} is no PDF but begins with {pdf[:40]!r}")
    (folder / name).write_bytes(pdf)
    return name


def write_summary(summary, folder):
    """Write `summary.json`."""
    text = json.dumps(summary, indent=2, ensure_ascii=False) + "\n"
    (folder / "summary.json").write_text(text)


def show(summary, doors):
    """Print the summary and who went through which door, as tables."""
    print("\nFrom the mails to the findings")
    rejected = summary["rejected"]
    rows = [(name, summary[name]) for name in ("lines", "tickets", "joined")]
    rows.append(("rejected", len(rejected)))
    rows += [
        (name.replace("_", " "), summary[name])
        for name in ("responded_in_time", "arrived_in_time", "closed")
    ]
    _table(rows)
    for one in rejected:
        print(f"    line {one['line']}: {one['reason']}")
    print("\nWho paid for the repairs")
    _table(
        (
            f"{one['payer']:<9} receipt {one['receipt']}, owed {one['owed']:.2f}, paid",
            f"{one['paid']:.2f}",
        )
        for one in summary["repairs"]
    )
    print("\nFindings by fault")
    _table(summary["findings_by_fault"].items())
    print("\nWho went through which door")
    rows = sorted(doors.items(), key=lambda item: (item[0][1], item[0][0]))
    _table([(f"{role:<10}  {door}", number) for (door, role), number in rows])


def _table(rows):
    rows = list(rows)
    width = max((len(str(name)) for name, _value in rows), default=0)
    for name, value in rows:
        print(f"  {name:<{width}}  {value:>6}")
