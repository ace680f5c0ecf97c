# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import models
from odoo.fields import Domain

#: What lists and boards show of the activities of each record.
SUMMARY_FIELDS = (
    "activity_date_deadline",
    "activity_exception_decoration",
    "activity_exception_icon",
    "activity_state",
    "activity_summary",
    "activity_type_icon",
    "activity_type_id",
)
#: What of the activities it comes from.
ACTIVITY_FIELDS = (
    "active",
    "activity_type_id",
    "date_deadline",
    "res_id",
    "summary",
    "user_id",
)


class AftersalesActivityMixin(models.AbstractModel):
    """Activities that lists and boards find and summarize for all records at once.

    `mail` asks for the activities twice, checks their access twice, and walks through
    those of each record once for each field: on a page of eighty records that takes
    longer than all the rest together. The values are the same.
    """

    _name = "aftersales.activity.mixin"
    _inherit = "mail.activity.mixin"
    _description = "Activities of Many Records"

    def _fetch_query(self, query, fields):
        activities = self._fields["activity_ids"]
        # Who reads these records reads all of their activities, so says `mail` itself.
        if activities not in fields or self._mail_post_access != "read":
            return super()._fetch_query(query, fields)
        fetched = super()._fetch_query(
            query, [field for field in fields if field is not activities]
        )
        fetched._fetch_activities()
        return fetched

    def _fetch_activities(self):
        """Read the activities of these records, open or done, with one query."""
        Activity = self.env["mail.activity"].with_context(active_test=False)
        Activity.check_access("read")
        field = self._fields["activity_ids"]
        # sudo: the reader has just got the records, on which the access hangs
        activities = Activity.sudo().search_fetch(
            field.get_comodel_domain(self) & Domain(field.inverse_name, "in", self.ids),
            ACTIVITY_FIELDS,
        )
        found = defaultdict(list)
        for activity in activities:
            found[activity.res_id].append(activity.id)
        field._insert_cache(self, [tuple(found[id_]) for id_ in self._ids])

    def _read_format(self, fnames, load="_classic_read"):
        if len(self) > 1 and not set(SUMMARY_FIELDS).isdisjoint(fnames):
            self._summarize_activities()
        return super()._read_format(fnames, load)

    def _summarize_activities(self):
        """Put what is shown of the activities into the records' cache."""
        if not self._has_field_access(self._fields["activity_ids"], "read"):
            return
        # sudo: the field leaves out those that the reader may not see
        activities = self.activity_ids.sudo()
        rows = activities.read(ACTIVITY_FIELDS, load=None)
        found = defaultdict(list)
        for row in rows:
            found[row["res_id"]].append(row)
        summarize = activities._summarizer(rows)
        values = [summarize(found[id_]) if id_ in found else {} for id_ in self._ids]
        for name in SUMMARY_FIELDS:
            convert = self._fields[name].convert_to_cache
            column = [convert(each.get(name), self) for each in values]
            self._fields[name]._insert_cache(self, column)
