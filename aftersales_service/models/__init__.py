# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import aftersales_activity_mixin, aftersales_cached_mixin
from . import aftersales_guard_mixin, res_users
from . import aftersales_rated_mixin, aftersales_due_mixin
from . import ir_sequence
from . import aftersales_entitlement_mixin
from . import aftersales_fault
from . import aftersales_cause
from . import aftersales_ticket_stage
from . import aftersales_tag, aftersales_requirement
from . import aftersales_team
from . import aftersales_checklist
from . import aftersales_checklist_item
from . import aftersales_response_class
from . import aftersales_sla_policy
from . import aftersales_sla_policy_match
from . import aftersales_sla_alert
from . import aftersales_warranty_term
from . import aftersales_warranty
from . import aftersales_warranty_dates
from . import aftersales_warranty_entry
from . import aftersales_warranty_warning
from . import aftersales_equipment
from . import aftersales_equipment_stock
from . import aftersales_equipment_warranty
from . import aftersales_equipment_return
from . import aftersales_equipment_entry
from . import aftersales_equipment_event
from . import aftersales_equipment_file
from . import aftersales_equipment_backfill
from . import aftersales_equipment_backfill_line
from . import aftersales_equipment_backfill_work
from . import aftersales_document_notice
from . import aftersales_ticket
from . import aftersales_ticket_page
from . import aftersales_ticket_equipment
from . import aftersales_ticket_site
from . import aftersales_ticket_state
from . import aftersales_ticket_cancel
from . import aftersales_ticket_duplicate, aftersales_ticket_merge
from . import aftersales_ticket_sla
from . import aftersales_ticket_wait
from . import aftersales_ticket_mail
from . import aftersales_mail_received
from . import aftersales_mail_refusal
from . import aftersales_ticket_gateway
from . import aftersales_ticket_identify
from . import mail_alias
from . import aftersales_ticket_web, aftersales_web_hit
from . import aftersales_ticket_team
from . import aftersales_ticket_classify, aftersales_ticket_suggest
from . import aftersales_finding
from . import aftersales_finding_misuse
from . import aftersales_finding_coverage
from . import aftersales_coverage
from . import aftersales_coverage_line
from . import aftersales_coverage_text
from . import aftersales_ticket_coverage
from . import aftersales_forward_rule
from . import aftersales_forward_match
from . import aftersales_forward_turn
from . import aftersales_forward_choice
from . import aftersales_ticket_forward
from . import aftersales_ticket_rating
from . import aftersales_ticket_reported
from . import aftersales_support_step, aftersales_support_question
from . import aftersales_ticket_support, aftersales_ticket_at_hand
from . import aftersales_sla_calendar
from . import aftersales_sla_clock
from . import aftersales_sla_ledger
from . import aftersales_sla_stale
from . import aftersales_sla_words
from . import aftersales_sla_clock_alert
from . import aftersales_sla_clock_telling
from . import aftersales_sla_event
from . import aftersales_dispatch_part_mixin
from . import aftersales_dispatch
from . import aftersales_dispatch_content
from . import aftersales_dispatch_job
from . import aftersales_dispatch_line
from . import aftersales_dispatch_photo
from . import aftersales_dispatch_equipment
from . import aftersales_dispatch_parts_line, aftersales_dispatch_parts
from . import aftersales_dispatch_parts_needed
from . import aftersales_dispatch_parts_post, aftersales_spare_part
from . import hr_employee_van, stock_location
from . import stock_quant, stock_warehouse
from . import aftersales_checklist_answer
from . import aftersales_service_form
from . import aftersales_dispatch_content_details, aftersales_service_form_print
from . import aftersales_service_form_verify, aftersales_service_form_mail
from . import aftersales_dispatch_paper
from . import aftersales_complaint_hidden, aftersales_ticket_about
from . import aftersales_complaint_offer, aftersales_ticket_complaint
from . import aftersales_ticket_answer
from . import aftersales_service_acceptance, aftersales_dispatch_remote
from . import aftersales_certificate, hr_employee, hr_employee_skill
from . import aftersales_dispatch_planning_facts, aftersales_dispatch_planning
from . import aftersales_dispatch_planning_choice, aftersales_dispatch_planning_mail
from . import aftersales_dispatch_sending, aftersales_dispatch_phone
from . import aftersales_dispatch_phone_machine, aftersales_dispatch_phone_save
from . import aftersales_dispatch_phone_read
from . import ir_actions_report
from . import ir_attachment
from . import ir_attachment_misuse
from . import mail_activity
from . import mail_thread
from . import mail_message, mail_thread_merge
from . import account_move
from . import product_category
from . import product_document
from . import product_template
from . import rating_rating
from . import resource_calendar
from . import resource_calendar_attendance
from . import resource_calendar_leaves
from . import res_company
from . import res_config_settings
from . import res_country
from . import res_partner
from . import aftersales_ticket_call, aftersales_ticket_letter, res_partner_call
from . import sale_order
from . import sale_order_line
from . import sale_order_line_extension
from . import stock_lot
from . import stock_move, stock_move_dispatch
from . import stock_picking

# Charges of a visit
from . import aftersales_travel_zone, aftersales_charges_settings
from . import sale_order_dispatch
from . import aftersales_dispatch_charges_rows, aftersales_dispatch_charges
from . import aftersales_dispatch_quote, aftersales_dispatch_charges_steps
from . import aftersales_dispatch_cost
from . import aftersales_workshop_stock, aftersales_workshop_equipment
from . import aftersales_workshop, aftersales_workshop_money
from . import aftersales_workshop_ticket

# Contracts
from . import aftersales_contract_terms_mixin, aftersales_contract_template
from . import aftersales_contract, aftersales_contract_line
from . import aftersales_contract_usage
from . import aftersales_contract_pause, aftersales_contract_equipment
from . import aftersales_contract_state, aftersales_contract_job
from . import aftersales_contract_page
from . import aftersales_contract_text
from . import product_template_contract, sale_order_line_contract

# Receipts
from . import aftersales_receipt, aftersales_receipt_batch

# Contracts: what they pay, promise, and how the customer gets them
from . import aftersales_contract_coverage, aftersales_contract_promise
from . import aftersales_contract_portal, aftersales_equipment_contract
from . import aftersales_ticket_contract, res_partner_contract

# Quotas and maintenance of contracts
from . import aftersales_contract_quota, aftersales_dispatch_quota
from . import aftersales_dispatch_quota_rows
from . import aftersales_contract_maintenance, aftersales_contract_maintenance_visit
from . import aftersales_receipt_step
from . import aftersales_service_form_receipt, aftersales_receipt_pages
from . import aftersales_receipt_scan, aftersales_receipt_reminder

# Follow-ups
from . import aftersales_followup_question, aftersales_followup_rule
from . import aftersales_followup, aftersales_followup_rows
from . import aftersales_followup_making, aftersales_followup_outcome
from . import aftersales_followup_reminder, aftersales_followup_links

# Contracts that are sold
from . import aftersales_equipment_offer, aftersales_contract_sale
from . import sale_order_contract, sale_order_line_contract_sync
from . import sale_order_line_contract_invoice

# Closing: after everything whose hooks it extends
from . import aftersales_ticket_closing, aftersales_ticket_closing_events
from . import sale_order_service
from . import ir_attachment_receipt
from . import payment_transaction
from . import aftersales_dispatch_payment
from . import aftersales_receipt_money, account_move_receipt
from . import aftersales_receipt_match, aftersales_receipt_settlement
