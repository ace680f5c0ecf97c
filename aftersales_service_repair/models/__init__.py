# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import repair_order
from . import stock_move
from . import aftersales_dispatch
from . import aftersales_dispatch_charges
