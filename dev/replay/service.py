"""A ticket on its way from assignment to closing, each step by its own role.

Every step looks first whether it was taken already, so that a run which was killed
goes on where it ended.
"""

from datetime import datetime, timedelta, timezone

from . import mails, papers

ANSWER = (
    "Thank you for your report. We have read it and are sending a technician; please"
    " do not use the vehicle or machine until he has looked at it."
)
WORK = (
    "Inspected {parts}; replaced the worn parts, tested the repair under load and"
    " showed the owner how to check it."
)
REMARKS = "Works again. I would have liked to be called an hour before the visit."
CORRECTION = "The second hour of labour was missing"
# How the three visits end.
ENDINGS = ("accepted", "remarks", "corrected")


class Visit:
    """One ticket that is carried to the end."""

    def __init__(self, people, place, complaint, ticket_id, ending):
        self.people = people
        self.place = place
        self.complaint = complaint
        self.ticket_id = ticket_id
        self.ending = ending
        self.dispatch_id = None

    def carry(self):
        """Take all steps that are still to be taken."""
        self._assign()
        self._respond()
        self._plan()
        self._work()
        self._sign()
        self._correct()

    def _as(self, role, model, method, ids, **arguments):
        return self.people[role].call(model, method, ids=ids, **arguments)

    def _ticket(self, *fields):
        domain = [("id", "=", self.ticket_id)]
        return self.people["manager"].read("aftersales.ticket", domain, fields)[0]

    def _dispatch(self, *fields):
        domain = [("id", "=", self.dispatch_id)]
        return self.people["manager"].read("aftersales.dispatch", domain, fields)[0]

    def _step(self, role, method):
        self._as(role, "aftersales.dispatch", method, [self.dispatch_id])

    def _assign(self):
        if not self._ticket("user_id")["user_id"]:
            self._as(
                "dispatcher",
                "aftersales.ticket",
                "write",
                [self.ticket_id],
                vals={"user_id": self.people["technician"].id},
            )

    def _respond(self):
        if not self._ticket("responded_at")["responded_at"]:
            self._as(
                "technician",
                "aftersales.ticket",
                "message_post",
                [self.ticket_id],
                body=ANSWER,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )

    def _plan(self):
        jobs = self.people["dispatcher"].read(
            "aftersales.dispatch.job",
            [("ticket_id", "=", self.ticket_id)],
            ["dispatch_id"],
        )
        if jobs:
            self.dispatch_id = jobs[0]["dispatch_id"][0]
        else:
            action = self._as(
                "dispatcher", "aftersales.ticket", "action_plan_visit", [self.ticket_id]
            )
            self.dispatch_id = action["res_id"]
        if self._dispatch("state")["state"] == "draft":
            start = datetime.now(timezone.utc).replace(second=0, microsecond=0)
            end = start + timedelta(hours=2)
            values = {
                "technician_ids": [(6, 0, [self.place["employee_id"]])],
                "scheduled_start": start.strftime("%Y-%m-%d %H:%M:%S"),
                "scheduled_end": end.strftime("%Y-%m-%d %H:%M:%S"),
                "instructions": "Bring the test equipment and the usual spare parts.",
            }
            ids = [self.dispatch_id]
            self._as("dispatcher", "aftersales.dispatch", "write", ids, vals=values)
            self._step("dispatcher", "action_plan")

    def _work(self):
        steps = {"planned": "action_depart", "on_way": "action_arrive"}
        while (state := self._dispatch("state")["state"]) in steps:
            self._step("technician", steps[state])
        if state == "on_site":
            self._record()
            self._step("technician", "action_finish")

    def _record(self):
        """Write down the work, its cause, the answers, the hours, the way, a part."""
        technician = self.people["technician"]
        jobs = technician.read(
            "aftersales.dispatch.job",
            [("dispatch_id", "=", self.dispatch_id)],
            ["answer_ids"],
        )
        parts = dict.fromkeys(", ".join(row.levels) for row in self.complaint.rows)
        work = WORK.format(parts=" and ".join(parts).lower())
        for job in jobs:
            self._as(
                "technician",
                "aftersales.dispatch.job",
                "write",
                [job["id"]],
                vals={"work_done": work, "result": "solved"},
            )
            if job["answer_ids"]:
                self._as(
                    "technician",
                    "aftersales.checklist.answer",
                    "write",
                    job["answer_ids"],
                    vals={"answer": "yes"},
                )
        self._note_cause(technician)
        if not self._dispatch("line_ids")["line_ids"]:
            lines = [(0, 0, values) for values in self._lines()]
            self._as(
                "technician",
                "aftersales.dispatch",
                "write",
                [self.dispatch_id],
                vals={"line_ids": lines},
            )

    def _liability(self):
        """Return why it failed."""
        return "wear"

    def _note_cause(self, technician):
        """Say what the cause was, in the words of the catalogue."""
        domain = [("liability", "=", self._liability())]
        causes = technician.read("aftersales.cause", domain, [])
        findings = technician.read(
            "aftersales.finding",
            [("ticket_id", "=", self.ticket_id), ("cause_id", "=", False)],
            [],
        )
        if causes and findings:
            self._as(
                "technician",
                "aftersales.finding",
                "write",
                [finding["id"] for finding in findings],
                vals={"cause_id": causes[0]["id"]},
            )

    def _lines(self):
        worker = {"employee_id": self.place["employee_id"]}
        return (
            {"kind": "labour", "name": "Repair and test", "hours": 1.0, **worker},
            {
                "kind": "travel",
                "name": "To the site and back",
                "hours": 0.75,
                "distance_km": 42.0,
                **worker,
            },
            {
                "kind": "part",
                "name": f"Repair kit, {self.complaint.rows[0].levels[0].lower()}",
                "part_number": f"RK-{self.complaint.rows[0].line:04}",
                "quantity": 1.0,
            },
        )

    def _sign(self):
        dispatch = self._dispatch("state", "form_ids")
        if dispatch["state"] == "to_sign" and not dispatch["form_ids"]:
            remarks = self.ending == "remarks"
            self._sign_form(
                outcome="remarks" if remarks else "accepted",
                customer_comments=REMARKS if remarks else "Fast and friendly.",
            )

    def _sign_form(self, **values):
        customer = mails.sender_name(self.complaint)
        technician = self.people["technician"]
        values = {
            "dispatch_id": self.dispatch_id,
            "signer_name": customer,
            "signer_role": "Owner",
            "signature": papers.signature(customer),
            "technician_name": technician.name,
            "technician_signature": papers.signature(technician.name),
            **values,
        }
        if total := self._dispatch("charge_total")["charge_total"]:
            # What he has paid is stated on the form; finance alone books it.
            values.update(
                charges_answer="accepted", paid_method="card", paid_amount=total
            )
        model = "aftersales.service.sign"
        ids = technician.call(model, "create", vals_list=[values])
        technician.call(model, "action_sign", ids=ids)

    def _correct(self):
        """Replace the first version of one form by a second one."""
        if self.ending != "corrected":
            return
        dispatch = self._dispatch("state", "form_ids")
        if dispatch["state"] == "done" and len(dispatch["form_ids"]) == 1:
            self._step("technician", "action_correct")
            dispatch["state"] = "to_sign"
        if dispatch["state"] == "to_sign":
            lines = self.people["technician"].read(
                "aftersales.dispatch.line",
                [("dispatch_id", "=", self.dispatch_id), ("kind", "=", "labour")],
                ["hours"],
            )
            self._as(
                "technician",
                "aftersales.dispatch.line",
                "write",
                [lines[0]["id"]],
                vals={"hours": 2.0},
            )
            self._sign_form(
                outcome="accepted",
                customer_comments="Fast and friendly.",
                replaces_reason=CORRECTION,
            )
