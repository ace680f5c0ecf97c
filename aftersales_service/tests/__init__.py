# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_access
from . import test_browser
from . import test_dispatch
from . import test_i18n
from . import test_integrity
from . import test_pareto
from . import test_service_form
from . import test_sla
from . import test_ticket
from . import test_ticket_mail
from . import test_tools_canonical
from . import test_tools_clock
from . import test_tools_pareto
