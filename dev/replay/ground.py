"""What must be there before the first mail: users, addresses, known customers."""

import json
import os
import re
import subprocess

from . import complaints as c
from . import mails
from .client import User, new_doors

ALIAS_NAME = "service"
ALIAS_DOMAIN = "replay.example"
GROUP = "aftersales_service.aftersales_service_group_"
# A role, its login (which is the password too), its person, its groups.
# Intake makes contacts. Only a user of the settings may note that an alias works, which
# Odoo does when its first mail comes in: hence the right of the gateway.
PEOPLE = {
    "admin": ("", "", []),
    "gateway": (
        "replay-gateway", "Mail Gateway", [GROUP + "intake", "base.group_system"],
    ),
    "intake": (
        "replay-intake", "Iris Kent", [GROUP + "intake", "base.group_partner_manager"],
    ),
    "dispatcher": ("replay-dispatcher", "Dora Lang", [GROUP + "dispatcher"]),
    "technician": ("replay-technician", "Tom Berg", [GROUP + "technician"]),
    "support": ("replay-support", "Sue Park", [GROUP + "support"]),
    "quality": ("replay-quality", "Quinn Holt", [GROUP + "quality"]),
    "manager": ("replay-manager", "Max Reed", [GROUP + "manager"]),
    "seller": (
        "replay-seller", "Sal Moore", ["sales_team.group_sale_salesman_all_leads"],
    ),
    "finance": (
        "replay-finance", "Fay Cole",
        [GROUP + "finance", "account.group_account_invoice"],
    ),
}  # fmt: skip
#: What an hour of labour, one of travel and a kilometre cost.
PRICES = {"labour": 90.0, "travel": 60.0, "km": 1.0}
COMPANY = {
    "name": "Replay Machinery Service",
    "street": "12 Workshop Lane",
    "city": "Springfield",
    "zip": "01101",
    "phone": "+1 413 555 0100",
    "email": f"office@{ALIAS_DOMAIN}",
}

# Run in Odoo's shell: only there can a first key be made.
ACCOUNTS = """
import datetime, json
people, domain = json.loads({people!r}), {domain!r}
Users = env["res.users"].with_context(active_test=False, no_reset_password=True)
expires = datetime.datetime.now() + datetime.timedelta(days=1)
accounts = {{}}
for role, (login, name, groups) in people.items():
    admin = env.ref("base.user_admin")
    user = Users.search([("login", "=", login)]) if login else admin
    if not user:
        user = Users.create({{
            "name": name, "login": login, "email": f"{{role}}@{{domain}}", "tz": "UTC",
            "password": login, "group_ids": [(6, 0, [env.ref(xmlid).id for xmlid in
                ["base.group_user", *groups]])],
        }})
    Keys = env["res.users.apikeys"].with_user(user).sudo()
    Keys.search([("name", "=", "replay"), ("user_id", "=", user.id)]).unlink()
    key = Keys._generate(None, "replay", expires)
    accounts[role] = {{"id": user.id, "name": user.name, "login": user.login,
                       "key": key}}
env.cr.commit()
env.registry.signal_changes()
print("ACCOUNTS " + json.dumps(accounts))
"""


class SetupFailed(Exception):
    """The ground cannot be prepared; the text says why."""


def users(url, database, odoo):
    """Make the users of all roles, each with a fresh key.

    :param str odoo: Odoo's start script
    :return: dict of role -> `client.User`
    """
    code = ACCOUNTS.format(people=json.dumps(PEOPLE), domain=ALIAS_DOMAIN)
    done = subprocess.run(
        [odoo, "shell", "-d", database, "--no-http", "--log-level=warn"],
        input=code,
        capture_output=True,
        text=True,
        check=False,
        cwd=os.path.dirname(odoo) or None,
    )
    found = re.search(r"^ACCOUNTS (.*)$", done.stdout, re.MULTILINE)
    if not found:
        raise SetupFailed(f"The users were not made:\n{done.stderr[-3000:]}")
    doors = new_doors()
    return {
        role: User(url, database, role, account, doors)
        for role, account in json.loads(found[1]).items()
    }


def settings(people, smtp_port):
    """Set the company, its mail domain, the way out for mail and the employee.

    :return: dict with the address of the team, the team's and the employee's id
    """
    admin, manager = people["admin"], people["manager"]
    company_id = manager.read("res.users", [("id", "=", manager.id)], ["company_id"])
    company_id = company_id[0]["company_id"][0]
    domains = admin.read("mail.alias.domain", [("name", "=", ALIAS_DOMAIN)], ["id"])
    domain_id = (
        domains[0]["id"]
        if domains
        else admin.call(
            "mail.alias.domain", "create", vals_list=[{"name": ALIAS_DOMAIN}]
        )[0]
    )
    admin.call(
        "res.company",
        "write",
        ids=[company_id],
        vals={**COMPANY, "alias_domain_id": domain_id, "country_id": _country(admin)},
    )
    # The engine of the PDFs fetches its styles from there.
    for name in ("web.base.url", "report.url"):
        admin.call("ir.config_parameter", "set_param", key=name, value=admin.url)
    _mail_server(admin, smtp_port)
    _prices(admin, company_id)
    team = _team(manager, company_id, domain_id)
    technician = people["technician"]
    employees = admin.read("hr.employee", [("user_id", "=", technician.id)], ["id"])
    employee_id = (
        employees[0]["id"]
        if employees
        else admin.call(
            "hr.employee",
            "create",
            vals_list=[{"name": technician.name, "user_id": technician.id}],
        )[0]
    )
    return {
        "address": f"{ALIAS_NAME}@{ALIAS_DOMAIN}",
        "team_id": team["id"],
        "employee_id": employee_id,
    }


def _prices(admin, company_id):
    """Give what visits charge its price, and let visits charge it."""
    products = admin.read(
        "ir.model.data",
        [
            ("module", "=", "aftersales_service"),
            ("name", "in", [f"product_{name}" for name in PRICES]),
        ],
        ["name", "res_id"],
    )
    ids = {one["name"].removeprefix("product_"): one["res_id"] for one in products}
    for name, price in PRICES.items():
        values = {"list_price": price}
        admin.call("product.product", "write", ids=[ids[name]], vals=values)
    values = {f"aftersales_{name}_product_id": ids[name] for name in PRICES}
    admin.call("res.company", "write", ids=[company_id], vals=values)


def _country(user):
    return user.read("res.country", [("code", "=", "US")], ["id"])[0]["id"]


def _mail_server(admin, port):
    """Let all outgoing mail fall into the letter box."""
    values = {"name": "Replay letter box", "smtp_host": "127.0.0.1", "smtp_port": port}
    servers = admin.read("ir.mail_server", [("name", "=", values["name"])], ["id"])
    if servers:
        admin.call(
            "ir.mail_server", "write", ids=[servers[0]["id"]], vals={"smtp_port": port}
        )
    else:
        admin.call("ir.mail_server", "create", vals_list=[values])


def _team(manager, company_id, domain_id):
    """Find the team that the alias belongs to, and let the alias be in the domain."""
    teams = manager.read(
        "aftersales.team",
        [("alias_name", "=", ALIAS_NAME), ("company_id", "=", company_id)],
        ["alias_id", "alias_domain_id"],
    )
    if not teams:
        raise SetupFailed(f"No team has the alias {ALIAS_NAME}.")
    domain = teams[0]["alias_domain_id"]
    if not domain or domain[0] != domain_id:
        manager.call(
            "aftersales.team",
            "write",
            ids=[teams[0]["id"]],
            vals={"alias_domain_id": domain_id},
        )
    return teams[0]


def partners(user, addresses):
    """Return the ids of the customers that have an address, by address."""
    found = user.read(
        "res.partner", [("email_normalized", "in", addresses)], ["email_normalized"]
    )
    return {partner["email_normalized"]: partner["id"] for partner in found}


class Register:
    """Makes customers of complainants, with their place as far as it is known."""

    def __init__(self, user):
        self.user = user
        self.country_id = _country(user)
        states = user.read(
            "res.country.state", [("country_id", "=", self.country_id)], ["code"]
        )
        self.states = {state["code"]: state["id"] for state in states}

    def add(self, complaints):
        """Create the customers of some complaints and return their ids."""
        if not complaints:
            return []
        values = [self._values(complaint) for complaint in complaints]
        return self.user.call("res.partner", "create", vals_list=values)

    def _values(self, complaint):
        row = complaint.rows[0]
        state_id = self.states.get(row[c.STATE])
        place = [row[c.CITY]] if state_id else [row[c.CITY], row[c.STATE]]
        return {
            "name": mails.sender_name(complaint),
            "email": mails.sender_address(complaint),
            "city": ", ".join(filter(None, place)),
            "state_id": state_id or False,
            "country_id": self.country_id,
        }


def known_customers(intake, complaints):
    """Register every second complainant before the mails come in.

    :return: number of customers that were made now
    """
    registered = [complaint for complaint in complaints if complaint.registered]
    there = partners(intake, [mails.sender_address(one) for one in registered])
    missing = [one for one in registered if mails.sender_address(one) not in there]
    return len(Register(intake).add(missing))
