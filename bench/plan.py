"""What is measured at how many tickets; known to the shell's side and to the outside.

Half of the tickets are open: the sizes of the alert job are halves of these.
"""

PLAN = {
    1_000: ("stage",),
    2_000: ("create", "mail", "alert"),
    20_000: ("alert", "replay"),
    100_000: ("stage",),
    200_000: ("create", "alert"),
}
NAMES = {
    "create": {"create_one", "create_batch"},
    "stage": {"stage_write", "stage_write_old"},
    "mail": {"mail_in"},
    "alert": {"alert_sweep", "alert_idle"},
    "replay": {"calendar_replay"},
}
PAGES = {
    "list_80",
    "list_by_deadline",
    "list_overdue",
    "list_search",
    "board",
    "sla_pivot",
}
#: Measured at their own sizes, in a database of their own.
STEP2 = {
    "deadlines_10k",
    "pareto",
    "equipment_unit",
    "coverage_decision",
    "backfill",
    "backfill_preview",
}
STEP6 = {"contract_order", "contract_states", "receipt_list"}
ALL = set().union(*NAMES.values(), PAGES, STEP2, STEP6)


def totals(wanted):
    """Return the sizes at which there is something to measure.

    :param set wanted: names of rows; empty for all
    """
    return [
        total
        for total, parts in PLAN.items()
        if not wanted or any(wanted & NAMES[part] for part in parts)
    ]
