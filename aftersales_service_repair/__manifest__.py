# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "After-Sales Service: Repair Orders",
    "version": "19.0.1.0.0",
    "category": "Services/After-Sales",
    "summary": "Machines in the workshop are repaired with repair orders",
    "author": "After-Sales Service contributors",
    "license": "LGPL-3",
    "depends": ["aftersales_service", "repair"],
    "data": [
        "views/aftersales_dispatch_views.xml",
        "views/repair_views.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
