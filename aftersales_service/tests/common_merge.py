# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from .sla_common import SlaCommon
from .test_ticket_mail import MAIL


class MergeCase(SlaCommon):
    """Two reports of one customer about one matter."""

    def setUp(self):
        super().setUp()
        with self.at(0):
            self.first = self.create_ticket(name="Hose leaks", severity="serious")
        with self.at(2):
            self.second = self.create_ticket(
                name="Oil everywhere",
                description="<p>It is <b>worse</b> now</p>",
                severity="serious",
            )
        self.flush_tracking()

    def merge(self, tickets, original, role="intake"):
        self.as_role(role, tickets)._merge_into(self.as_role(role, original))
        self.flush_tracking()
        self.env.invalidate_all()

    def receive(self, **values):
        with self.mock_mail_gateway():
            return self.format_and_process(
                MAIL,
                values.pop("email_from", "Mia Mill <mia@mill.example.com>"),
                f"test.service@{self.alias_domain}",
                subject=values.pop("subject", "Press runs on"),
                target_model="aftersales.ticket",
                **values,
            )
