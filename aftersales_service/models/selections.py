# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Vocabularies that several models share, below all of them."""

SEVERITY_SELECTION = [
    ("minor", "Minor"),
    ("normal", "Normal"),
    ("serious", "Serious"),
    ("safety", "Safety"),
]
#: Severities from the least to the most urgent.
SEVERITY_RANK = {value: rank for rank, (value, _label) in enumerate(SEVERITY_SELECTION)}

TYPE_SELECTION = [
    ("repair", "Repair Report"),
    ("inquiry", "Inquiry"),
    ("complaint", "Complaint"),
    ("training", "Training"),
    ("support", "Technical Support"),
    ("document", "Document Update"),
    ("return", "Product Return"),
    ("quality", "Quality Issue"),
    ("maintenance", "Maintenance"),
]
#: Types that get only the promises which were made for them: nobody reported a fault.
UNPROMISED_TYPES = ("maintenance",)

CHANNEL_SELECTION = [
    ("phone", "Telephone"),
    ("email", "E-mail"),
    ("visit", "In Person"),
    ("letter", "Fax or Letter"),
    ("web", "Web Form"),
]

STATE_SELECTION = [
    ("new", "New"),
    ("assigned", "Assigned"),
    ("in_progress", "In Progress"),
    ("waiting", "Waiting"),
    ("solved", "Solved"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
OPEN_STATES = ("new", "assigned", "in_progress", "waiting")

CLOCK_SELECTION = [
    ("respond", "Respond"),
    ("arrive", "Arrive on Site"),
    ("resolve", "Resolve"),
]

#: How a report is to be served: who has to go where.
SERVICE_MODE_SELECTION = [
    ("consultation", "Consultation"),
    ("remote", "Remote Guidance"),
    ("on_site", "On Site"),
    ("workshop", "Workshop"),
]

#: What a ticket may wait for, so that it is not our turn.
PAUSE_REASON_SELECTION = [
    ("customer", "Waiting for Customer"),
    ("parts", "Waiting for Parts"),
]

#: Why a ticket is ended without being served.
CANCEL_REASON_SELECTION = [
    ("withdrawn", "Customer Withdrew"),
    ("duplicate", "Duplicate"),
    ("merged", "Merged into Another Ticket"),
    ("mistake", "Entered by Mistake"),
]

LIABILITY_SELECTION = [
    ("design", "Design"),
    ("manufacturing", "Manufacturing"),
    ("purchasing", "Purchasing"),
    ("transport", "Transport"),
    ("misuse", "Improper Use"),
    ("wear", "Wear"),
    ("unknown", "Unknown"),
]

#: The classes of cost that are judged apart.
COST_SELECTION = [
    ("parts", "Parts"),
    ("labour", "Labour"),
    ("travel", "Travel"),
]
COST_CLASSES = tuple(value for value, _label in COST_SELECTION)

PAYER_SELECTION = [
    ("warranty", "Warranty"),
    ("contract", "Contract"),
    ("goodwill", "Goodwill"),
    ("customer", "Customer"),
]

TRIGGER_SELECTION = [
    ("delivery", "Delivery"),
    ("commissioning", "Commissioning"),
    ("invoice", "Invoice Date"),
]

DURATION_UNIT_SELECTION = [
    ("month", "Months"),
    ("day", "Days"),
]
