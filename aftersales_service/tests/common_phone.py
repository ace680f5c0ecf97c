# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from .common import AftersalesCommon, drawn_signature

KEY = "0123456789-%s"


class PhoneCommon(AftersalesCommon):
    """A planned visit about a machine, as its technician's telephone sees it."""

    sent = 0

    @classmethod
    def lay_ground(cls):
        cls.press, cls.other, cls.foreign = cls.env["aftersales.equipment"].create(
            [
                {
                    "partner_id": partner.id,
                    "product_name": name,
                    "serial_number": serial,
                    "company_id": cls.company.id,
                    "delivery_date": "2025-05-15",
                }
                for partner, name, serial in (
                    (cls.customer, "Press 200", "P200-77"),
                    (cls.customer, "Saw 3", "S3-1"),
                    (cls.env["res.partner"].create({"name": "Else"}), "Saw", "S3-1"),
                )
            ]
        )
        cls.part = cls.env["product.product"].create(
            {
                "name": "Hose 3/8",
                "default_code": "TEST-H-38",
                "barcode": "T4006381333931",
            }
        )
        cls.misuse = cls.env["aftersales.cause"].create(
            {"name": "Test Misuse", "liability": "misuse"}
        )
        with cls.at(0):
            cls.ticket = cls.create_ticket(
                severity="serious", equipment_id=cls.press.id
            )
            cls.dispatch = cls.plan_visit(cls.ticket)
        cls.visit = cls.as_role("technician", cls.dispatch)
        cls.job = cls.visit.job_ids

    def key(self):
        self.sent += 1
        return KEY % self.sent

    def save(self, *changes, key=None):
        return self.visit.visit_save(key or self.key(), {"changes": list(changes)})

    def step(self, step, **values):
        return self.visit.visit_step(self.key(), step, values)

    def go(self):
        """Go there, as the technician."""
        self.step("depart")
        self.step("arrive")

    def work(self):
        self.go()
        self.save(
            {
                "on": "job",
                "id": self.job.id,
                "set": {"work_done": "Hose replaced", "result": "solved"},
            }
        )

    def sign_by_phone(self, key, **values):
        preview = self.visit.visit_preview()
        return self.visit.visit_sign(
            key,
            {
                "shown_hash": preview["hash"],
                "outcome": "accepted",
                "signer_name": "Mia Mill",
                "signature": drawn_signature("Mia").decode(),
                "technician_name": "Tara Technician",
                "technician_signature": drawn_signature("Tara").decode(),
                **values,
            },
        )
