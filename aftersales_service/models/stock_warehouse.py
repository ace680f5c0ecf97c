# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

#: What each warehouse has for field service.
LOCATIONS = ("aftersales_field_loc_id", "aftersales_faulty_loc_id")
TYPES = (
    "aftersales_take_type_id",
    "aftersales_visit_type_id",
    "aftersales_faulty_type_id",
)


class StockWarehouse(models.Model):
    """Where field service keeps its parts, and how they get there.

    "Field Service" lies beside the stock, with the technicians' vans and the faulty
    parts below it. The storekeeper hands over from the stock; what leaves a van is
    moved by the visit itself.
    """

    _inherit = "stock.warehouse"

    aftersales_field_loc_id = fields.Many2one(
        "stock.location",
        string="Field Service Location",
        check_company=True,
        copy=False,
        help="The vans of the technicians lie below it. A technician without a van "
        "takes his parts from here.",
    )
    aftersales_faulty_loc_id = fields.Many2one(
        "stock.location",
        string="Faulty Parts Location",
        check_company=True,
        copy=False,
        help="Where parts taken out of the customers' machines come back to.",
    )
    aftersales_take_type_id = fields.Many2one(
        "stock.picking.type", string="Take Along Type", check_company=True, copy=False
    )
    aftersales_visit_type_id = fields.Many2one(
        "stock.picking.type",
        string="Service Visit Type",
        check_company=True,
        copy=False,
    )
    aftersales_faulty_type_id = fields.Many2one(
        "stock.picking.type", string="Faulty Parts Type", check_company=True, copy=False
    )
    aftersales_storekeeper_id = fields.Many2one(
        "res.users",
        string="Storekeeper for Visits",
        copy=False,
        help="Gets a task when a visit used parts that nobody had handed over.",
    )

    def _get_locations_values(self, vals, code=False):
        values = super()._get_locations_values(vals, code=code)
        values["aftersales_field_loc_id"] = {
            "name": self.env._("Field Service"),
            "active": True,
            "usage": "internal",
        }
        values["aftersales_faulty_loc_id"] = {
            "name": self.env._("Faulty Parts"),
            "active": True,
            "usage": "internal",
            "aftersales_is_faulty": True,
        }
        return values

    def _create_missing_locations(self, vals):
        res = super()._create_missing_locations(vals)
        self._aftersales_nest()
        return res

    def create(self, vals_list):
        warehouses = super().create(vals_list)
        warehouses._aftersales_nest()
        return warehouses

    def _aftersales_nest(self):
        """Put the faulty parts below the field service location.

        Odoo makes all locations of a warehouse side by side.
        """
        for warehouse in self:
            field_location, faulty = (warehouse[name] for name in LOCATIONS)
            if faulty and field_location and faulty.location_id != field_location:
                faulty.location_id = field_location

    def _get_sequence_values(self, name=False, code=False):
        values = super()._get_sequence_values(name=name, code=code)
        name, code = name or self.name, code or self.code
        labels = (
            self.env._("%(name)s Sequence take along", name=name),
            self.env._("%(name)s Sequence service visit", name=name),
            self.env._("%(name)s Sequence faulty parts", name=name),
        )
        for field_name, label, short in zip(
            TYPES, labels, ("TAKE", "VISIT", "FAULTY"), strict=True
        ):
            prefix = self[field_name].sequence_code or short
            values[field_name] = {
                "name": label,
                "prefix": f"{code}/{prefix}/",
                "padding": 5,
                "company_id": self.company_id.id,
            }
        return values

    def _get_picking_type_create_values(self, max_sequence):
        values, sequence = super()._get_picking_type_create_values(max_sequence)
        common = {
            "company_id": self.company_id.id,
            "use_existing_lots": True,
            "reservation_method": "at_confirm",
        }
        customers = self._get_partner_locations()[0]
        values["aftersales_take_type_id"] = {
            **common,
            "name": self.env._("Take Along"),
            "code": "internal",
            "default_location_src_id": self.lot_stock_id.id,
            "default_location_dest_id": self.aftersales_field_loc_id.id,
            "sequence": sequence + 1,
            "sequence_code": "TAKE",
        }
        values["aftersales_visit_type_id"] = {
            **common,
            "name": self.env._("Service Visit"),
            "code": "outgoing",
            "default_location_src_id": self.aftersales_field_loc_id.id,
            "default_location_dest_id": customers.id,
            "sequence": sequence + 2,
            "sequence_code": "VISIT",
            "print_label": False,
        }
        values["aftersales_faulty_type_id"] = {
            **common,
            "name": self.env._("Faulty Parts"),
            "code": "incoming",
            "default_location_src_id": customers.id,
            "default_location_dest_id": self.aftersales_faulty_loc_id.id,
            "sequence": sequence + 3,
            "sequence_code": "FAULTY",
        }
        return values, sequence + 4

    def _get_picking_type_update_values(self):
        values = super()._get_picking_type_update_values()
        for name in TYPES:
            values[name] = {"active": self.active}
        return values

    def _aftersales_prepare(self):
        """Give warehouses that were there before what field service needs."""
        for warehouse in self.with_context(active_test=False):
            if all(warehouse[name] for name in LOCATIONS + TYPES):
                continue
            warehouse._create_missing_locations({})
            types = warehouse._create_or_update_sequences_and_picking_types()
            if types:
                warehouse.write(types)

    def _aftersales_leave(self):
        """Take away what field service never used; what it used stays, archived.

        Locations in which something lies, or from which it came, stay as they are.
        """
        types = self.env["stock.picking.type"].union(*(self[name] for name in TYPES))
        Move = self.env["stock.move"]
        groups = Move._read_group(
            [("picking_type_id", "in", types.ids)], ["picking_type_id"]
        )
        used = types.browse(kind.id for [kind] in groups)
        sequences = (types - used).sequence_id
        (types - used).unlink()
        sequences.unlink()
        used.active = False
        Location = self.env["stock.location"].with_context(active_test=False)
        places = Location.search(
            [("id", "child_of", self.mapped("aftersales_field_loc_id").ids)]
        )
        for place in places.sorted("parent_path", reverse=True):
            here = ("location_id", "in", place.ids)
            there = ("location_dest_id", "in", place.ids)
            if not (
                place.with_context(active_test=False).child_ids
                or self.env["stock.quant"].search_count([here], limit=1)
                or Move.search_count(["|", here, there], limit=1)
            ):
                place.unlink()
