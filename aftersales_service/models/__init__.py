# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import aftersales_guard_mixin, res_users
from . import aftersales_fault
from . import aftersales_cause
from . import aftersales_ticket_stage
from . import aftersales_team
from . import aftersales_checklist
from . import aftersales_checklist_item
from . import aftersales_sla_policy
from . import aftersales_sla_alert
from . import aftersales_ticket
from . import aftersales_ticket_state
from . import aftersales_ticket_mail
from . import aftersales_finding
from . import aftersales_sla_clock
from . import aftersales_sla_event
from . import aftersales_dispatch_part_mixin
from . import aftersales_dispatch
from . import aftersales_dispatch_content
from . import aftersales_dispatch_job
from . import aftersales_dispatch_line
from . import aftersales_checklist_answer
from . import aftersales_service_form
from . import ir_actions_report
from . import ir_attachment
from . import mail_thread
from . import res_partner
