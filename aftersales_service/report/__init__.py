# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import report_pareto, report_service_form_blank
from . import aftersales_service_report
