# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import aftersales_call, aftersales_call_search
from . import aftersales_call_log
from . import aftersales_clock_correct
from . import aftersales_commissioning
from . import aftersales_complaint_step
from . import aftersales_coverage_decide
from . import aftersales_dispatch_assign
from . import aftersales_document_publish
from . import aftersales_equipment_change
from . import aftersales_misuse_notice
from . import aftersales_pareto
from . import aftersales_service_sign
from . import aftersales_support_ask, aftersales_support_reply
from . import aftersales_service_sign_charges, aftersales_quote_approve
from . import aftersales_service_sign_phone, aftersales_service_sign_paper
from . import aftersales_ticket_cancel
from . import aftersales_ticket_forward
from . import aftersales_ticket_merge
from . import aftersales_ticket_wait
from . import aftersales_warranty_rebuild
from . import aftersales_workshop_decide
from . import mail_compose_message
from . import aftersales_van_assign
from . import aftersales_contract_quote
from . import aftersales_contract_correct
from . import aftersales_followup_call
from . import aftersales_contract_equipment, aftersales_contract_step
from . import aftersales_service_sign_payment
from . import aftersales_receipt_payment, aftersales_receipt_settle
from . import aftersales_receipt_match
