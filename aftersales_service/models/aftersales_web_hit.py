# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, hmac

#: In which reports are counted.
WINDOW = timedelta(hours=1)
#: How many reports one address may send in that time.
LIMIT = 10
SCOPE = "aftersales-web-report"


class AftersalesWebHit(models.Model):
    """How many reports came from one address of the web within the last hour.

    The address is kept as a keyed hash, and no longer than it counts.
    """

    _name = "aftersales.web.hit"
    _description = "Reports from One Address"
    _log_access = False

    key = fields.Char(required=True, help="Hash of who it was.")
    since = fields.Datetime(required=True, index=True)
    count = fields.Integer(required=True)

    _key_uniq = models.UniqueIndex("(key)", "This address is counted already.")

    @api.model
    def _take(self, visitor, scope=SCOPE, limit=LIMIT):
        """Count one more report of a visitor, or one more of another kind of call.

        Two at the same moment meet in the row; the later one is done again.

        :param str visitor: by which he is counted
        :param str scope: what is counted, each by itself
        :param int limit: how often within the time
        :return: whether he may send it
        """
        # sudo: the secret of the database is read
        key = hmac(self.env(su=True), scope, visitor)
        now = fields.Datetime.now()
        self._forget(now)
        [(count,)] = self.env.execute_query(
            SQL(
                "INSERT INTO aftersales_web_hit AS hit (key, since, count)"
                " VALUES (%(key)s, %(now)s, 1) ON CONFLICT (key) DO UPDATE"
                " SET since = CASE WHEN hit.since < %(old)s THEN %(now)s"
                " ELSE hit.since END,"
                " count = CASE WHEN hit.since < %(old)s THEN 1"
                " ELSE hit.count + 1 END RETURNING count",
                key=key,
                now=now,
                old=now - WINDOW,
            )
        )
        return count <= limit

    @api.model
    def _forget(self, now):
        """Delete what counts no more, but for rows that somebody is working on."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM aftersales_web_hit WHERE id IN (SELECT id FROM"
                " aftersales_web_hit WHERE since < %s FOR UPDATE SKIP LOCKED)",
                now - WINDOW,
            )
        )

    @api.autovacuum
    def _gc_old(self):
        """Forget the last visitors of a day as well."""
        self._forget(fields.Datetime.now())
