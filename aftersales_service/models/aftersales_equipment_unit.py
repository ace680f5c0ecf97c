# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What moves carry, between stock and the equipment that it becomes."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass
class Unit:
    """What becomes, or ends, one equipment: a serial, a lot or a plain unit."""

    move: Any
    lot: Any
    quantity: float
    number: int  # among the plain units of its move, from 1; 0 for lots and returns
    customer: Any
    site: Any
    end_user: Any
    day: date  # at the site

    @property
    def is_delivery(self):
        return self.move._aftersales_direction() == "delivery"

    @property
    def is_serial(self):
        return bool(self.lot) and self.move.product_id.tracking == "serial"

    @property
    def owner(self):
        return self.customer.commercial_partner_id


@dataclass
class Step:
    """What a unit did to an equipment, for its history."""

    unit: Unit
    equipment: Any
    kind: str
    quantity: float = 0.0
    note: str = ""
    warranty: bool = False  # gives a new one
    void_reason: str = ""  # ends those it had

    def event_values(self):
        return {
            "equipment_id": self.equipment.id,
            "kind": self.kind,
            "date": self.unit.day,
            "move_id": self.unit.move.id,
            "quantity": self.quantity or self.unit.quantity,
            "note": self.note or False,
        }


def waves(units):
    """Split units into groups that can be worked as sets, one group after another.

    Within a group no lot is touched twice and nothing plain is both delivered and
    returned; for each lot and each product the groups keep the order of the units.

    :param list units: `Unit`, in chronological order
    :return: list of lists of `Unit`
    """
    last = {}
    groups = []
    for unit in units:
        delivery = unit.is_delivery
        key = (unit.lot.id, unit.move.product_id.id)
        level, last_delivery = last.get(key, (-1, None))
        if unit.lot or last_delivery is not delivery:
            level += 1
        last[key] = level, delivery
        if level == len(groups):
            groups.append([])
        groups[level].append(unit)
    return groups
