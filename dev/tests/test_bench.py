"""The benchmark's judgement: bars are met by figures alone."""

import pytest

from bench import bars, plan, table


def figure(name, unit, value, kind="bare", side="ours", size="2,000 tickets"):
    """Make one figure."""
    return {
        "side": side,
        "kind": kind,
        "name": name,
        "size": size,
        "unit": unit,
        "value": value,
    }


def only(figures, **wanted):
    """Return the one row with some values."""
    found = [
        row
        for row in bars.rows(figures)
        if all(row[key] == value for key, value in wanted.items())
    ]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("name", "kind", "queries", "met"),
    [
        ("create_one", "bare", 12, True),
        ("create_one", "bare", 13, False),
        ("create_one", "full", 25, True),
        ("create_batch", "bare", 5.01, False),
        ("stage_write", "bare", 11, False),
        ("stage_write_old", "full", 14, True),
    ],
)
def test_queries_have_a_bar(name, kind, queries, met):
    assert bars.rows([figure(name, "queries", queries, kind)])[0]["met"] is met


@pytest.mark.parametrize(("ours", "met"), [(10, True), (10.1, False)])
def test_a_rate_is_compared_with_helpdesk_by_name(ours, met):
    figures = [
        figure("create_one", "ms", ours),
        figure("create_one", "ms", 20, side="helpdesk"),
        figure("create_one", "ms", 5, side="fieldservice"),
    ]
    row = only(figures, unit="ms")
    assert (row["peer"], row["met"]) == (20, met)


def test_a_page_is_compared_with_the_better_peer_and_with_helpdesk():
    figures = [
        figure("board", "ms", 30),
        figure("board", "ms", 100, side="helpdesk"),
        figure("board", "ms", 29, side="fieldservice"),
    ]
    assert only(figures, size="2,000 tickets")["met"] is False
    against = only(figures, size="2,000 tickets, against helpdesk_mgmt")
    assert (against["peer"], against["ratio"], against["met"]) == (100, 3.33, True)


def test_without_a_peer_there_is_no_comparison():
    row = only([figure("list_search", "ms", 30)], unit="ms")
    assert (row["peer"], row["ratio"], row["bar"], row["met"]) == (None,) * 4


@pytest.mark.parametrize(
    ("queries", "time", "met"), [(12, 12.5, True), (12, 12.6, False), (13, 10, False)]
)
def test_the_same_at_two_sizes(queries, time, met):
    figures = [
        figure("create_one", "ms", 10),
        figure("create_one", "queries", 12),
        figure("create_one", "ms", time, size="200,000 tickets"),
        figure("create_one", "queries", queries, size="200,000 tickets"),
    ]
    assert only(figures, unit="times")["met"] is met


@pytest.mark.parametrize(("large", "met"), [(15, True), (15.1, False)])
def test_the_sweep_does_not_grow_with_what_is_open(large, met):
    figures = [
        figure("alert_sweep", "ms", value, size=size)
        for size, value in zip(bars.SWEEPS, (10, large), strict=True)
    ]
    assert only(figures, unit="times")["met"] is met


def test_an_old_ticket_is_compared_with_a_young_one():
    figures = [
        figure(name, unit, value, size="1,000 tickets")
        for name, value in (("stage_write", 10), ("stage_write_old", 13))
        for unit in ("ms", "queries")
    ]
    row = only(figures, unit="times")
    assert (row["name"], row["ours"], row["met"]) == (
        "stage_write_old_bare",
        1.3,
        False,
    )


def test_a_part_needs_only_its_sizes():
    assert plan.totals(set()) == list(plan.PLAN)
    assert plan.totals({"stage_write"}) == [1_000, 100_000]
    assert plan.totals({"board"}) == []


def test_the_table_goes_between_its_markers():
    text = f"before\n{table.START}\nold\n{table.END}\nafter\n"
    rows = bars.rows([figure("create_one", "queries", 13)])
    changed = table.replace(text, rows, "A run.")
    assert changed.startswith("before\n") and changed.endswith("after\n")
    assert "old" not in changed
    assert "| `create_one_bare` | 2,000 tickets | queries | 13 |" in changed
    assert table.replace(changed, rows, "A run.") == changed
