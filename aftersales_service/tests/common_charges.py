# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from odoo import Command

from .common_coverage import CoverageCommon

#: Price of what visits are charged as, in the company's currency without taxes.
PRICES = {"labour": 100, "overtime": 150, "travel": 60, "km": 1.5, "callout": 80}


class ChargesCommon(CoverageCommon):
    """Prices, taxes and price lists, and a technician who works from 8 to 17."""

    @classmethod
    def lay_ground(cls):
        env, company = cls.env, cls.company
        hour = env.ref("uom.product_uom_hour")
        units = {
            "km": env.ref("uom.product_uom_km"),
            "callout": env.ref("uom.product_uom_unit"),
        }
        cls.services = {
            name: env["product.product"].create(
                {
                    "name": name.capitalize(),
                    "type": "service",
                    "list_price": price,
                    "uom_id": units.get(name, hour).id,
                    "taxes_id": False,
                    "invoice_policy": "order",
                }
            )
            for name, price in PRICES.items()
        }
        company.write(
            {
                f"aftersales_{name}_product_id": product.id
                for name, product in cls.services.items()
            }
        )
        cls.pump.write({"list_price": 300, "taxes_id": False})
        cls.filter.write({"list_price": 20, "taxes_id": False})
        (cls.pump | cls.filter).write({"invoice_policy": "order"})
        cls.charged = cls.pump | cls.filter
        for product in cls.services.values():
            cls.charged |= product
        calendar = env["resource.calendar"].create(
            {
                "name": "Days",
                "tz": "Europe/Berlin",
                "company_id": company.id,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": hour_from,
                            "hour_to": hour_from + 4,
                            "day_period": "morning" if hour_from < 12 else "afternoon",
                        }
                    )
                    for day in range(5)
                    for hour_from in (8, 13)
                ],
            }
        )
        cls.technician.write({"resource_calendar_id": calendar.id, "hourly_cost": 40})
        cls.calendar = calendar
        cls.equipment = env["aftersales.equipment"].create(
            {
                "product_id": cls.machine.id,
                "partner_id": cls.customer.id,
                "site_id": cls.sites["Europe/Berlin"].id,
                "delivery_date": "2025-06-01",
                "serial_number": "P300-1",
            }
        )

    def cover(self, coverage):
        """Give the machine a warranty: plain, full, half or none."""
        shares = {
            "plain": (1, 1, 0),
            "full": (1, 1, 1),
            "half": (0.5, 0.5, 0),
        }.get(coverage)
        if not shares:
            return
        costs = ("parts", "labour", "travel")
        term = self.make_term(
            **{
                f"{cost}_share": share
                for cost, share in zip(costs, shares, strict=True)
            },
            excluded_category_ids=self.filters.ids,
        )
        self.grant(self.equipment, term)

    def start_visit(self, cause="manufacturing"):
        """Report a fault, and let the technician arrive and find its cause."""
        ticket = self.create_ticket(equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        if cause:
            self.set_cause(finding, cause)
        visit = self.as_role("technician", self.plan_visit(ticket))
        visit.action_depart()
        visit.action_arrive()
        visit.job_ids.write({"work_done": "Pump replaced", "result": "solved"})
        return visit, finding

    def finish(self, coverage="none", lines=None, cause="manufacturing"):
        """Do a visit up to the signature.

        :return: the visit as the technician sees it
        """
        with self.at(0):
            self.cover(coverage)
            visit, self.finding = self.start_visit(cause)
        with self.at(30):
            visit.line_ids = self.lines() if lines is None else lines
            visit.action_finish()
        return visit

    def order(self, visit):
        return visit.sudo().order_id

    def labour(self, hours=1):
        return Command.create(
            {
                "kind": "labour",
                "name": "Repair",
                "hours": hours,
                "employee_id": self.technician.id,
            }
        )

    def lines(self):
        """One visit on Tuesday: an hour before and 80 minutes after the end of the
        working day, the way, a pump and two filters."""
        at_four = datetime(2026, 3, 3, 15, 0)
        return [
            Command.create(
                {
                    "kind": "labour",
                    "name": "Repair",
                    "employee_id": self.technician.id,
                    "started_at": at_four,
                    "ended_at": at_four + timedelta(minutes=140),
                }
            ),
            Command.create(
                {
                    "kind": "travel",
                    "name": "Way",
                    "employee_id": self.technician.id,
                    "hours": 1.1,
                    "distance_km": 80,
                }
            ),
            self.part(self.pump),
            self.part(self.filter, 2),
        ]

    def part(self, product, quantity=1):
        return Command.create(
            {
                "kind": "part",
                "name": product.name,
                "product_id": product.id,
                "quantity": quantity,
            }
        )

    def amounts(self, visit):
        """Return what the customer pays of each kind of charge, by its product."""
        names = {product.display_name: name for name, product in self.services.items()}
        result = {}
        for line in visit._charges_content()["lines"]:
            name = names.get(line["description"], line["description"])
            result[name] = result.get(name, 0) + line["amount"]
        return result
