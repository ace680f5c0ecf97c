# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a technician reads with the camera: the machine's label, and parts."""

import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

#: What the code of an equipment's label leads to, see `_label_url`.
LABEL_PATH = re.compile(r"/odoo/equipment/(\d{1,9})/?$")
MAX_CODE = 200
PARTS_SHOWN = 12


class AftersalesDispatchJob(models.Model):
    _inherit = "aftersales.dispatch.job"

    equipment_checked_at = fields.Datetime(
        string="Machine Confirmed",
        compute="_compute_equipment_checked_at",
        store=True,
        precompute=True,
        help="When the label or the serial number of the machine was read at the site.",
    )

    @api.depends("equipment_id", "serial_number")
    def _compute_equipment_checked_at(self):
        """Another machine has to be confirmed anew."""
        self.equipment_checked_at = False

    def _visit_confirm_machine(self, code):
        """Note that a technician stands before the right machine.

        :param str code: as read from the label or typed
        :raise ValidationError: when it is another one
        """
        self.ensure_one()
        if not self._visit_is_machine(code, self._visit_machine(code)):
            raise ValidationError(
                self.env._(
                    "“%(code)s” is not the machine of this job: %(machine)s.",
                    code=str(code)[:MAX_CODE],
                    machine=self._visit_machine_name(),
                )
            )
        # sudo: confirmed by what was read, not by hand
        self.sudo().equipment_checked_at = fields.Datetime.now()

    def _visit_machine_name(self):
        self.ensure_one()
        names = (self.product_name, self.serial_number)
        return (
            self.equipment_id.display_name
            or " · ".join(name for name in names if name)
            or self.env._("not known yet")
        )

    def _visit_is_machine(self, code, found):
        """Tell whether what was read is the machine of this job.

        :param str code: as read or typed
        :param found: `aftersales.equipment` that it stands for, possibly none
        """
        if self.equipment_id:
            return self.equipment_id == found
        key = self.env["aftersales.equipment"]._serial_key
        return bool(key(code)) and key(code) == key(self.serial_number)

    def _visit_machine(self, code):
        """Find the customer's machine that a code stands for.

        :param str code: address on the label, serial number or our number
        :return: `aftersales.equipment`, one or none
        """
        self.ensure_one()
        Equipment = self.env["aftersales.equipment"]
        if not isinstance(code, str) or not 0 < len(code.strip()) <= MAX_CODE:
            return Equipment
        code = code.strip()
        label = LABEL_PATH.search(code)
        domain = (
            Domain("id", "=", int(label[1]))
            if label
            else Domain("serial_key", "=", Equipment._serial_key(code))
            | Domain("reference", "=", code)
        )
        found = Equipment.search(domain, limit=20)
        # One serial number at several customers: only this one's counts.
        found = found._served_for(self.ticket_id.partner_id | self.ticket_id.site_id)
        return self.equipment_id if self.equipment_id in found else found[:1]


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def visit_machine(self, job_id, code):
        """Say which machine of this customer a code stands for.

        :param int job_id: of this visit
        :param str code: as read from the label or typed
        :return: dict with `is_right`, `equipment` (dict with id, name, serial_number,
            product_name, or False) and `message` in words
        """
        self.ensure_one()
        self._check_worker()
        job = self._visit_job(job_id)
        found = job._visit_machine(code)
        if job._visit_is_machine(code, found):
            message = self.env._("This is the right machine.")
        elif found:
            message = self.env._(
                "This is another machine of the customer: %(found)s. The visit is "
                "planned for %(machine)s.",
                found=found.display_name,
                machine=job._visit_machine_name(),
            )
        else:
            message = self.env._(
                "No machine of this customer has “%(code)s”. The visit is planned for "
                "%(machine)s.",
                code=str(code)[:MAX_CODE],
                machine=job._visit_machine_name(),
            )
        return {
            "is_right": job._visit_is_machine(code, found),
            "equipment": found
            and {
                "id": found.id,
                "name": found.display_name,
                "product_name": found.product_name or False,
                "serial_number": found.serial_number or False,
            }
            or False,
            "message": message,
        }

    def visit_parts(self, text):
        """Find parts by what was read with the camera or typed.

        :param str text: barcode, part number or words; empty for what is proposed
        :return: list of dicts with id, name, code, serial_number (when the code was
            that of one piece) and is_exact
        """
        self.ensure_one()
        self._check_worker()
        text = str(text or "").strip()[:MAX_CODE]
        if not text:
            return [self._visit_part(product) for product in self._visit_proposed()]
        Product = self.env["product.product"]
        exact = Domain("barcode", "=", text) | Domain("default_code", "=ilike", text)
        found = Product.search(exact & self._visit_part_domain(), limit=PARTS_SHOWN)
        if found:
            return [{**self._visit_part(p), "is_exact": True} for p in found]
        # sudo: technicians have no stock rights, a serial number tells its product
        lots = (
            self.env["stock.lot"]
            .sudo()
            .search(
                [
                    ("name", "=", text),
                    ("company_id", "in", [False, self.company_id.id]),
                ],
                limit=2,
            )
        )
        if len(lots) == 1:
            product = lots.product_id.with_env(self.env)
            if product.filtered_domain(self._visit_part_domain()):
                part = self._visit_part(product)
                return [{**part, "serial_number": text, "is_exact": True}]
        found = Product.search(
            Domain("display_name", "ilike", text) & self._visit_part_domain(),
            limit=PARTS_SHOWN,
        )
        return [self._visit_part(product) for product in found]

    def _visit_part_domain(self):
        """Return which products can be parts of a visit."""
        return Domain("type", "!=", "service") & Domain(
            "company_id", "in", [False, self.company_id.id]
        )

    def _visit_proposed(self):
        """Return the products that are proposed before anything is typed."""
        return self._fitting_parts().filtered_domain(self._visit_part_domain())[
            :PARTS_SHOWN
        ]

    def _visit_part(self, product):
        named = product.with_context(display_default_code=False)
        return {
            "id": product.id,
            "name": named.display_name,
            "code": product.default_code or False,
            "serial_number": False,
            "is_exact": False,
        }
