# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Alert levels say when without a sign; promises given so far count every hour.

Columns that are required or computed from now on are filled before the models are
loaded, so that nothing is given a default that was never agreed.
"""


def migrate(cr, version):
    if not version:
        return
    _levels(cr)
    _policies(cr)
    _clocks(cr)


def _levels(cr):
    """Turn the signed hours of each level into before, at or after."""
    cr.execute(
        """
        ALTER TABLE aftersales_sla_alert
            ADD COLUMN timing varchar,
            ADD COLUMN amount double precision,
            ADD COLUMN unit varchar,
            ADD COLUMN "offset" double precision,
            ADD COLUMN percent boolean,
            ADD COLUMN to_responsible boolean,
            ADD COLUMN by_activity boolean;
        UPDATE aftersales_sla_alert SET
            timing = CASE SIGN(COALESCE(offset_hours, 0))
                WHEN -1 THEN 'before' WHEN 1 THEN 'after' ELSE 'at' END,
            amount = ABS(COALESCE(offset_hours, 0)),
            unit = 'hour',
            "offset" = COALESCE(offset_hours, 0),
            percent = FALSE,
            to_responsible = TRUE,
            by_activity = TRUE;
        """
    )


def _policies(cr):
    """Keep what was promised: every hour counts and no wait stops a clock."""
    cr.execute(
        """
        ALTER TABLE aftersales_sla_policy
            ADD COLUMN around_the_clock boolean,
            ADD COLUMN pauses_on_customer boolean,
            ADD COLUMN reopen_rule varchar;
        UPDATE aftersales_sla_policy SET
            around_the_clock = TRUE,
            pauses_on_customer = FALSE,
            reopen_rule = 'continue';
        """
    )


def _clocks(cr):
    """Give each clock the state that its outcome means."""
    cr.execute(
        """
        ALTER TABLE aftersales_sla_clock
            ADD COLUMN state varchar,
            ADD COLUMN running_since timestamp,
            ADD COLUMN hit_rate double precision;
        UPDATE aftersales_sla_clock c SET
            state = CASE outcome
                WHEN 'open' THEN 'running' WHEN 'void' THEN 'void' ELSE 'stopped' END,
            hit_rate = CASE outcome WHEN 'met' THEN 1 ELSE 0 END,
            running_since = CASE outcome WHEN 'open' THEN (
                SELECT MAX(at) FROM aftersales_sla_event e
                WHERE e.clock_id = c.id AND e.kind IN ('start', 'reopen', 'resume'))
                END;
        ALTER TABLE aftersales_ticket ADD COLUMN has_missed boolean;
        UPDATE aftersales_ticket SET has_missed = id IN (
            SELECT ticket_id FROM aftersales_sla_clock WHERE outcome = 'missed');
        """
    )
