# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import aftersales_call_log
from . import aftersales_pareto
from . import aftersales_service_sign
