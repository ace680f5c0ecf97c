# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Arithmetic without Odoo: working time, clocks, Pareto, canonical content."""

from . import canonical, clock, pareto, svg, working_time
