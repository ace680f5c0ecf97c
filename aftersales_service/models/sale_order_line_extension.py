# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """Extended warranties: a product sold with a machine, or later for a known one."""

    _inherit = "sale.order.line"

    # === WHAT IT EXTENDS === #

    def _aftersales_units(self):
        """Return how many units are sold, in the unit of the product."""
        self.ensure_one()
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty, self.product_id.uom_id, round=False
        )

    def _aftersales_machine_line(self):
        """Find the line whose machines an extension line is sold with.

        :return: the line it was offered with as an optional product, else the only
            line of a serviced product on the order, else none
        """
        self.ensure_one()
        linked = self._get_linked_line()
        if linked:
            return linked if linked._aftersales_gives_equipment() else self.browse()
        lines = self.order_id.order_line.filtered("product_id.aftersales_is_serviced")
        return lines if len(lines) == 1 else self.browse()

    def _aftersales_gives_equipment(self):
        """Tell whether what this line delivers becomes equipment; a kit's parts may."""
        product = self.product_id
        return product.aftersales_is_serviced or (
            "is_kits" in product._fields and product.is_kits
        )

    def _aftersales_extension_lines(self):
        """Return the extension lines that are sold with the machines of this line."""
        self.ensure_one()
        return self.order_id.order_line.filtered(
            lambda line: (
                line.aftersales_is_extension
                and not line.aftersales_equipment_ids
                and line._aftersales_machine_line() == self
            )
        )

    def _aftersales_equipment_problem(self):
        """Return why the named equipment can't be extended here, or False."""
        self.ensure_one()
        owners = self.order_id.aftersales_owner_ids
        foreign = self.aftersales_equipment_ids.filtered(
            lambda equipment: (
                not (
                    equipment.commercial_partner_id
                    | equipment.end_user_id.commercial_partner_id
                )
                & owners
            )
        )
        if foreign:
            return self.env._(
                "%(machines)s: belongs neither to the customer nor to the end user of "
                "this order.",
                machines=", ".join(foreign.mapped("display_name")),
            )
        ended = self.aftersales_equipment_ids.filtered(
            lambda equipment: equipment.state != "in_service"
        )
        if ended and self.state not in ("sale", "cancel"):
            return self.env._(
                "%(machines)s: is no longer in service.",
                machines=", ".join(ended.mapped("display_name")),
            )
        return False

    def _aftersales_extension_problem(self):
        """Return why an extension line can't be given, or False.

        A line without quantity is an offer that was not taken: it has no problem.
        """
        self.ensure_one()
        units = self._aftersales_units()
        if units <= 0:
            return False
        values = {"product": self.product_id.display_name, "units": f"{units:g}"}
        if not self.aftersales_effective_term_id:
            return self.env._(
                "%(product)s: its warranty term belongs to another company.", **values
            )
        if self.aftersales_equipment_ids:
            machines = self._aftersales_machine_count(self.aftersales_equipment_ids)
            # A lot of several machines may be sold as one or by the piece.
            if not len(self.aftersales_equipment_ids) <= units <= machines:
                return self.env._(
                    "%(product)s: %(units)s sold, but machines named on the line: "
                    "%(machines)s.",
                    machines=f"{machines:g}",
                    **values,
                )
            return self._aftersales_equipment_problem()
        machine_line = self._aftersales_machine_line()
        if not machine_line:
            return self.env._(
                "%(product)s: extends no machine. Add it as the optional product of "
                "its machine, or name the equipment on the line.",
                **values,
            )
        if units > machine_line._aftersales_units():
            return self.env._(
                "%(product)s: %(units)s sold, for %(machines)s of %(machine)s.",
                machines=f"{machine_line._aftersales_units():g}",
                machine=machine_line.product_id.display_name,
                **values,
            )
        return False

    def _aftersales_machine_count(self, equipment):
        """Return how many machines equipment is; a lot counts with its quantity."""
        return sum(max(machine.quantity, 1) for machine in equipment)

    # === GIVING AND TAKING BACK === #

    def _aftersales_given(self):
        """Return the extensions given by each line that are not void.

        :return: dict of line -> warranties, the oldest first
        """
        # sudo: whoever sells or confirms, a customer on the portal too
        Warranty = self.env["aftersales.warranty"].sudo()
        warranties = Warranty.search(
            [
                ("sale_line_id", "in", self.ids),
                ("kind", "=", "extension"),
                ("is_void", "=", False),
            ],
            order="id",
        )
        grouped = warranties.grouped("sale_line_id")
        return {line: grouped.get(line.sudo(), Warranty) for line in self}

    def _aftersales_paired_extensions(self, count):
        """Return the extensions that are sold with the next units of this line.

        :param int count: how many units are delivered now
        :return: extension lines that have a unit left for at least one of them
        """
        return self.browse().union(*self._aftersales_extension_units([1] * count))

    def _aftersales_extension_units(self, quantities):
        """Say which extensions each of the next equipment of this line gets.

        :param list quantities: of how many machines each is: 1, or that of a lot
        :return: list of extension lines, one recordset for each equipment; the first
            ones are served first, as long as units are left
        """
        self.ensure_one()
        # sudo: the storekeeper who delivers need not read the order
        extensions = self.sudo()._aftersales_extension_lines()
        extensions = extensions.filtered(lambda line: line.state == "sale")
        given = extensions._aftersales_given()
        left = {
            line: line._aftersales_units()
            - line._aftersales_machine_count(given[line].equipment_id)
            for line in extensions
        }
        units = []
        for quantity in quantities:
            served = extensions.filtered(lambda line: left[line] > 0)
            for line in served:
                left[line] -= max(quantity, 1)
            units.append(self.browse(served.ids))
        return units

    def _aftersales_sync_extensions(self):
        """Give what confirmed extension lines sell, and void what they no longer do.

        Machines that are not delivered yet get theirs with the delivery. Safe to
        repeat: nothing is given twice.

        :raise UserError: when a line names no machine, too few or too many
        """
        # sudo: the sale gives the warranty, whoever confirms it
        lines = self.sudo().filtered("aftersales_is_extension")
        if not lines:
            return
        problems = [line._aftersales_extension_problem() for line in lines]
        if any(problems):
            raise UserError("\n".join(problem for problem in problems if problem))
        given = lines._aftersales_given()
        delivered = lines._aftersales_delivered_machines()
        Warranty = self.env["aftersales.warranty"].sudo()
        obsolete, specs = Warranty, []
        for line in lines:
            served = given[line].equipment_id
            targets = line._aftersales_extension_targets(served, delivered)
            obsolete += given[line].filtered(
                lambda w, t=targets: w.equipment_id not in t
            )
            specs += [
                line._prepare_aftersales_extension(equipment)
                for equipment in targets - served
            ]
        if obsolete:
            obsolete._void(self.env._("No longer on the order"))
        if specs:
            Warranty._grant(specs)

    def _aftersales_delivered_machines(self):
        """Return the equipment in service of the machine lines of extension lines.

        :return: dict of machine line -> equipment, the first delivered first
        """
        machine_lines = self.browse().union(
            *(line._aftersales_machine_line() for line in self)
        )
        # sudo: see _aftersales_sync_extensions
        equipment = (
            self.env["aftersales.equipment"]
            .sudo()
            .search(
                [
                    ("sale_line_id", "in", machine_lines.ids),
                    ("state", "=", "in_service"),
                ],
                order="id",
            )
        )
        return equipment.grouped("sale_line_id")

    def _aftersales_extension_targets(self, served, delivered):
        """Return the machines that this line extends.

        :param served: equipment that got its extension from this line already
        :param delivered: dict of machine line -> delivered equipment
        :return: the equipment named, else the delivered machines of the paired line,
            those served before first, as many as units are sold
        """
        targets, left = served.browse(), self._aftersales_units()
        if left > 0 and self.aftersales_equipment_ids:
            return self.aftersales_equipment_ids
        machines = delivered.get(self._aftersales_machine_line(), served.browse())
        for equipment in served | machines:
            if left > 0:
                targets += equipment
                left -= max(equipment.quantity, 1)
        return targets

    def _prepare_aftersales_extension(self, equipment):
        """Return what `aftersales.warranty._grant` takes for an extension.

        :param equipment: `aftersales.equipment` that is extended
        """
        site = self.with_context(tz=equipment._tz())
        now = fields.Datetime.context_timestamp(site, fields.Datetime.now())
        return {
            "equipment_id": equipment.id,
            "term": self.aftersales_effective_term_id,
            "kind": "extension",
            "sale_line_id": self.id,
            "move_id": False,
            "sold_on": now.date(),
        }

    def _aftersales_void_extensions(self, reason):
        """Void the extensions that these lines gave.

        :param str reason: as it is shown on the warranties
        """
        lines = self.sudo().filtered("aftersales_is_extension")
        # sudo: who may cancel the order takes them back
        if lines:
            given = self.env["aftersales.warranty"].sudo()
            given = given.union(*lines._aftersales_given().values())
            if given:
                given._void(reason)
