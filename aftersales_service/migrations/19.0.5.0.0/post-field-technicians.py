# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whoever went on visits before is proposed for visits from now on."""


def migrate(cr, version):
    if not version:
        return
    cr.execute(
        """
        UPDATE hr_employee e
           SET is_field_technician = TRUE
          FROM aftersales_dispatch_hr_employee_rel r
         WHERE r.hr_employee_id = e.id AND e.is_field_technician IS NOT TRUE
        """
    )
