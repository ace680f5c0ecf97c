# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Arithmetic without Odoo: working time, clocks, Pareto, warranty days, coverage."""

from . import (
    caller,
    canonical,
    charges,
    clock,
    contract_periods,
    coverage,
    forwarding,
    ics,
    identify,
    levels,
    mail_kind,
    matching,
    pareto,
    photo_rows,
    planning,
    similarity,
    svg,
    verify_code,
    visit,
    warranty,
    web_report,
    words,
    working_time,
)
