# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_i18n
from . import test_repair
from . import test_repair_charges
