"""A thousand mails of known dealers are all taken; machines that talk are stopped."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.utils import parseaddr

import pytest
from mail_ground import DEALERS, PREPARE, Gateway, mail

from dev.replay.letterbox import LetterBox

EACH = 50
#: Connections of the mail server at the same time.
CONNECTIONS = 4
#: More rounds than any loop may take.
ENDLESS = 60


@pytest.fixture(scope="module")
def letterbox():
    """Return the mail server that takes what Odoo sends."""
    with LetterBox() as box:
        yield box


@pytest.fixture(scope="module")
def gateway(odoo_env, make_db, server, letterbox):
    """Return the way into a server that knows some dealers."""
    database = make_db("gateway_burst", addon=True)
    odoo_env.shell(database, PREPARE % (DEALERS, letterbox.port))
    return Gateway(server(database, "--max-cron-threads=0"), odoo_env)


def refusals(gateway):
    """Return how many mails were refused for which reason."""
    return gateway.rows(
        "SELECT reason, count(*) FROM aftersales_mail_refusal GROUP BY 1 ORDER BY 1"
    )


def test_burst(gateway, odoo_env):
    """Twenty dealers send fifty mails each, four at a time."""
    mails = [
        mail(
            f"Machine {number} of the plant stands still since this morning",
            f"Dealer {dealer} <dealer{dealer}@shop.example.org>",
            subject=f"Service request {dealer}",
        )
        for number in range(EACH)
        for dealer in range(DEALERS)
    ]

    def hand_over(raw):
        started = time.monotonic()
        made = gateway.post(raw)
        return made, time.monotonic() - started

    started = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        done = list(pool.map(hand_over, mails))
    lasted = time.monotonic() - started
    assert len({made for made, _time in done if made}) == DEALERS * EACH
    assert (
        gateway.rows(
            "SELECT p.name, count(*) FROM aftersales_ticket t"
            " JOIN res_partner p ON p.id = t.partner_id GROUP BY 1"
            f" HAVING count(*) <> {EACH}"
        )
        == []
    )
    assert gateway.number("SELECT count(*) FROM aftersales_ticket") == DEALERS * EACH
    assert refusals(gateway) == []
    times = sorted(took for _made, took in done)
    odoo_env.build.mkdir(exist_ok=True)
    (odoo_env.build / "gateway_burst.txt").write_text(
        f"{len(mails)} mails over {CONNECTIONS} connections: {lasted:.1f} s,"
        f" {lasted / len(mails) * 1000:.0f} ms each; answered after"
        f" {statistics.median(times) * 1000:.0f} ms (median),"
        f" {times[int(len(times) * 0.99)] * 1000:.0f} ms (99 of 100)\n"
    )
    gateway.check_log()


def test_burst_is_acknowledged_once_each(gateway, letterbox):
    """Each dealer is told once, not fifty times."""
    while gateway.number(
        "SELECT count(*) FROM aftersales_mail_received WHERE acknowledge = 'due'"
    ):
        gateway.run_jobs()
    told = [box for boxes, _letter in letterbox.letters for box in boxes]
    assert sorted(told) == sorted(
        f"dealer{number}@shop.example.org" for number in range(DEALERS)
    )


class Machine:
    """Answers each mail to some people, without a word of being a machine."""

    def __init__(self, gateway, letterbox, people):
        self.gateway = gateway
        self.letterbox = letterbox
        self.people = people
        self.read = len(letterbox.letters)
        self.answered = 0

    def answer_all(self, threads):
        """Answer what has come since the last time; return how much that was.

        :param bool threads: whether it says to which mail it answers
        """
        self.gateway.run_jobs()
        letters = self.letterbox.letters[self.read :]
        self.read += len(letters)
        count = 0
        for boxes, raw in letters:
            letter = message_from_bytes(raw, policy=policy.default)
            for box in set(boxes) & set(self.people):
                count += 1
                self.answered += 1
                to = parseaddr(letter["Reply-To"] or letter["From"])[1]
                more = {"In_Reply_To": letter["Message-ID"]} if threads else {}
                self.gateway.post(
                    mail(
                        f"Your message was received. Case {7000 + self.answered}.",
                        box,
                        to=to,
                        subject=f"Case {7000 + self.answered}: {letter['Subject']}"
                        if threads
                        else "Your message was received",
                        message_id=f"<{threads}{box}{self.answered}@machine.test>",
                        **more,
                    )
                )
        return count

    def talk(self, threads):
        """Go on until nobody says anything more; return the number of rounds."""
        for number in range(ENDLESS):
            if not self.answer_all(threads):
                return number
        return pytest.fail("it never ends")


@pytest.mark.parametrize("threads", [True, False])
def test_machine_that_answers_the_acknowledgement(gateway, letterbox, threads):
    """Of an unknown sender; our answer is all that it gets within the hour."""
    person = f"machine{threads}@unknown.example.com".lower()
    machine = Machine(gateway, letterbox, [person])
    gateway.post(mail("Hello", person, subject=f"First words {threads}"))
    assert machine.talk(threads) == 1
    assert machine.answered == 1
    gateway.check_log()


def test_machine_at_an_address_that_does_not_exist(gateway, letterbox):
    """It is told once; its answer to that is nobody's."""
    person = "machine@lost.example.com"
    machine = Machine(gateway, letterbox, [person])
    gateway.post(mail("Hello", person, to="no.such@maker.example.com"))
    assert machine.talk(False) <= 2
    assert machine.answered <= 2
    gateway.check_log()


def test_two_machines_in_one_ticket(gateway, letterbox):
    """Two followers answer what the other one wrote; few rounds, then it is noted."""
    people = [f"dealer{number}@shop.example.org" for number in (3, 4)]
    machine = Machine(gateway, letterbox, people)
    before = dict(refusals(gateway)).get("loop", "0")
    ticket = gateway.post(
        mail("Whose press is it?", people[0], subject="Between two", Cc=people[1])
    )
    # A colleague asks: both get it, and the machines begin.
    gateway.odoo_env.shell(
        gateway.server.database,
        f"env['aftersales.ticket'].browse({ticket}).with_user(2).message_post("
        "body='Which one?', message_type='comment',"
        " subtype_xmlid='mail.mt_comment')\nenv.cr.commit()\n",
    )
    rounds = machine.talk(True)
    assert 3 <= rounds <= 10, "it was a loop, and it ended"
    assert machine.answered <= 16
    assert int(dict(refusals(gateway))["loop"]) > int(before)
    gateway.check_log()
