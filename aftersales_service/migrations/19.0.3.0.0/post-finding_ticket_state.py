# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The state of a finding's ticket is read from the ticket, no longer copied."""


def migrate(cr, version):
    if version:
        cr.execute("ALTER TABLE aftersales_finding DROP COLUMN IF EXISTS ticket_state")
