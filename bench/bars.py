"""From figures to rows with bars. Pure functions: every `met` is computed here.

A figure is a dict of side, kind, name, size, unit and value.
"""

PEERS = ("helpdesk", "fieldservice")
HELPDESK = "helpdesk_mgmt"
#: Rows that are compared with helpdesk_mgmt by name, others with the better peer.
NAMED = {"create_one", "create_batch", "mail_in", "sla_pivot"}
#: How many times faster than helpdesk_mgmt a bare creation is, or a bare mail.
RATES = {"create_one": 2, "create_batch": 4, "mail_in": 1.5}
#: Most queries, bare and full.
QUERIES = {
    "create_one": (12, 25),
    "create_batch": (5, 10),
    "stage_write": (10, 14),
    "stage_write_old": (10, 14),
}
#: Most milliseconds.
LIMITS = {"alert_idle": 20, "calendar_replay": 5_000, "deadlines_10k": 1_000}
PAGES = ("list_80", "list_by_deadline", "list_overdue", "list_search", "board")
THRICE = ("list_80", "list_overdue", "board", "sla_pivot")
#: Rows whose figures are to be the same at two sizes.
SAME = {
    "create_one": ("2,000 tickets", "200,000 tickets"),
    "create_batch": ("2,000 tickets", "200,000 tickets"),
    "stage_write": ("1,000 tickets", "100,000 tickets"),
}
SWEEPS = ("1,000 open tickets, 500 due", "100,000 open tickets, 500 due")
OLD_SIZES = SAME["stage_write"]


def rows(figures):
    """Make the rows of the results.

    :param list figures: of all programs
    :return: list of dicts of name, unit, size, ours, peer, ratio, bar and met
    """
    values = {
        (f["side"], f["kind"], f["name"], f["size"], f["unit"]): f["value"]
        for f in figures
    }
    result = []
    for side, kind, name, size, unit in values:
        if side != "ours":
            continue
        peers = {
            peer: values[peer, kind, name, size, unit]
            for peer in PEERS
            if (peer, kind, name, size, unit) in values
        }
        ours = values[side, kind, name, size, unit]
        result += _entries(kind, name, size, unit, ours, peers)
    return result + _comparisons(values)


def _entries(kind, name, size, unit, ours, peers):
    """Make the rows of one figure: a page has one more against helpdesk_mgmt."""
    full = f"{name}_{kind}" if kind else name
    named = peers.get("helpdesk")
    peer = named if name in NAMED else min(peers.values(), default=None)
    bar, met = _bar(kind, name, size, unit, ours, peer)
    found = [_row(full, unit, size, ours, peer, bar, met)]
    if unit == "ms" and name in THRICE and named is not None:
        bar = f">= 3 x faster than {HELPDESK}"
        against = _row(
            full, unit, f"{size}, against {HELPDESK}", ours, named, bar,
            named >= 3 * ours,
        )  # fmt: skip
        found = [against] if name == "sla_pivot" else [*found, against]
    return found


def _bar(kind, name, size, unit, ours, peer):
    """Return the bar of a figure in words and whether it is met, or two Nones."""
    if "second of a request" in size:
        return None, None
    if unit == "queries" and name in QUERIES:
        most = QUERIES[name][kind == "full"]
        each = " per ticket" if name == "create_batch" else ""
        return f"<= {most} queries{each}", ours <= most
    if unit == "ms" and name in LIMITS:
        return f"< {LIMITS[name]:,} ms", ours < LIMITS[name]
    if unit == "ms" and name in RATES and kind == "bare" and peer is not None:
        return f">= {RATES[name]} x {HELPDESK}'s rate", peer >= RATES[name] * ours
    if unit == "ms" and name in ("create_one", "create_batch") and peer is not None:
        return f"not slower than {HELPDESK}", ours <= peer
    if unit == "ms" and name in PAGES and peer is not None:
        return "not slower than the better peer", ours <= peer
    return None, None


def _row(name, unit, size, ours, peer, bar, met):
    return {
        "name": name,
        "unit": unit,
        "size": size,
        "ours": round(ours, 2),
        "peer": None if peer is None else round(peer, 2),
        "ratio": round(peer / ours, 2) if peer is not None and ours else None,
        "bar": bar,
        "met": met,
    }


def _comparisons(values):
    """Compare our own figures at two sizes, or of an old ticket with a young one."""
    result = []
    for kind in ("bare", "full"):

        def get(name, size, unit, kind=kind):
            return values.get(("ours", kind, name, size, unit))

        for name, (small, large) in SAME.items():
            pairs = [
                (get(name, small, unit), get(name, large, unit))
                for unit in ("ms", "queries")
            ]
            result += _same(f"{name}_{kind}", f"{large} against {small}", *pairs)
        for size in OLD_SIZES:
            pairs = [
                (get("stage_write", size, unit), get("stage_write_old", size, unit))
                for unit in ("ms", "queries")
            ]
            result += _same(
                f"stage_write_old_{kind}", f"against a young ticket, {size}", *pairs
            )
        small, large = (get("alert_sweep", size, "ms") for size in SWEEPS)
        if small and large:
            result.append(
                _row(
                    f"alert_sweep_{kind}",
                    "times",
                    "100,000 against 1,000 open",
                    large / small,
                    None,
                    "<= 1.5 x the time",
                    large <= 1.5 * small,
                )  # fmt: skip
            )
    return result


def _same(name, size, times, queries):
    """Return the row that says whether two figures are the same, or nothing."""
    if None in times or None in queries:
        return []
    met = queries[0] == queries[1] and times[1] <= 1.25 * times[0]
    bar = "the same: equal queries, time within 25 %"
    return [_row(name, "times", size, times[1] / times[0], None, bar, met)]
