"""Mails handed to a running server by Odoo's own script for mail servers."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from mail_ground import ADDRESS, ADDRESS_B, DEALERS, PREPARE, Gateway, mail

from dev.replay.letterbox import LetterBox

ROUNDS = 40


@pytest.fixture(scope="module")
def letterbox():
    """Return the mail server that takes what Odoo sends."""
    with LetterBox() as box:
        yield box


@pytest.fixture(scope="module")
def gateway(odoo_env, make_db, server, letterbox):
    """Return the way into a server with two companies and known dealers."""
    database = make_db("gateway_http", addon=True)
    odoo_env.shell(database, PREPARE % (DEALERS, letterbox.port))
    return Gateway(server(database, "--max-cron-threads=0"), odoo_env)


@pytest.fixture
def taken(gateway):
    """Return a function that pipes a mail and tells which tickets it made."""

    def take(raw):
        last = gateway.number("SELECT COALESCE(max(id), 0) FROM aftersales_ticket")
        code, said = gateway.pipe(raw)
        assert (code, said) == (0, ""), said
        gateway.check_log()
        return gateway.rows(
            "SELECT t.name, p.name, c.name FROM aftersales_ticket t"
            " JOIN res_company c ON c.id = t.company_id"
            f" LEFT JOIN res_partner p ON p.id = t.partner_id WHERE t.id > {last}"
        )

    return take


def last_refusal(gateway):
    """Return the reason of the refusal that was recorded last."""
    rows = gateway.rows(
        "SELECT reason FROM aftersales_mail_refusal ORDER BY id DESC LIMIT 1"
    )
    return rows[0][0] if rows else None


def test_new_and_answers(gateway, taken):
    """A known dealer's mail is a ticket; the answer to it lies in it."""
    raw = mail("First", subject="Oil leak", message_id="<first@shop.test>")
    assert [row[:2] for row in taken(raw)] == [["Oil leak", "Dealer 0"]]
    assert taken(raw) == [], "the same mail again"
    answer = mail("More", subject="Re: Oil leak", In_Reply_To="<first@shop.test>")
    assert taken(answer) == []
    reference = gateway.rows(
        "SELECT reference FROM aftersales_ticket WHERE name = 'Oil leak'"
    )[0][0]
    assert taken(mail("By number", subject=f"Re: {reference}")) == []
    assert (
        gateway.number(
            "SELECT count(*) FROM mail_message m JOIN aftersales_ticket t"
            " ON t.id = m.res_id AND m.model = 'aftersales.ticket'"
            " WHERE t.name = 'Oil leak' AND m.message_type = 'email'"
        )
        == 3
    )


def test_unknown_sender_is_told(gateway, taken, letterbox):
    """He is nobody's contact, and gets the reference of his ticket."""
    sender = "Nobody <nobody@unknown.example.com>"
    [[name, partner, _company]] = taken(mail("Help", sender, subject="Who am I"))
    assert (name, partner) == ("Who am I", "")
    before = letterbox.count("unknown.example.com")
    gateway.run_jobs()
    assert letterbox.count("unknown.example.com") == before + 1


def test_company_b(taken):
    """Case 34: what is mailed to company B's alias is company B's."""
    found = taken(mail("B", to=f"Team B <{ADDRESS_B}>", subject="For B"))
    assert [row[2] for row in found] == ["Company B"]
    both = taken(mail("Both", to=f"{ADDRESS_B}, {ADDRESS}", subject="For both"))
    assert len(both) == 2
    assert len({row[2] for row in both}) == 2


def test_copies_follow(gateway, taken):
    """Known contacts in the copy follow, strangers are written down."""
    taken(
        mail(
            "Copy",
            subject="In copy",
            Cc="dealer7@shop.example.org, stranger@elsewhere.example.net",
        )
    )
    assert gateway.rows(
        "SELECT p.name FROM mail_followers f JOIN res_partner p ON p.id = f.partner_id"
        " JOIN aftersales_ticket t ON t.id = f.res_id"
        " WHERE f.res_model = 'aftersales.ticket' AND t.name = 'In copy'"
        " AND p.name LIKE 'Dealer%' ORDER BY 1"
    ) == [["Dealer 0"], ["Dealer 7"]]
    [[copied]] = gateway.rows(
        "SELECT email_cc FROM aftersales_ticket WHERE name = 'In copy'"
    )
    assert "stranger@elsewhere.example.net" in copied


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("auto_reply", {"Auto_Submitted": "auto-replied"}),
        ("bounce", {"Return_Path": "<>"}),
        ("bounce", {"sender": "MAILER-DAEMON@shop.example.org"}),
        ("bulk", {"Precedence": "bulk"}),
        ("own", {"sender": ADDRESS}),
        ("stray", {"to": "no.such.address@maker.example.com"}),
    ],
)
def test_refused(gateway, taken, reason, values):
    """What is no report is recorded with its reason; the server says nothing else."""
    assert taken(mail(f"Refuse {values}", **values)) == []
    assert last_refusal(gateway) == reason


def test_over_a_group_address(taken):
    """A known dealer's mail over a list is a ticket."""
    raw = mail("List", subject="Over a list", Precedence="list", List_Id="<x.y.test>")
    assert [row[0] for row in taken(raw)] == ["Over a list"]


def test_bounce_of_ours_is_noted(gateway, taken):
    """What came back is a note in the ticket that it was about."""
    taken(mail("Ask", subject="Asked", message_id="<asked@shop.test>"))
    raw = mail(
        "Not delivered",
        "MAILER-DAEMON@shop.example.org",
        In_Reply_To="<asked@shop.test>",
    )
    assert taken(raw) == []
    assert (
        gateway.number(
            "SELECT count(*) FROM mail_message m JOIN aftersales_ticket t"
            " ON t.id = m.res_id AND m.model = 'aftersales.ticket'"
            " WHERE t.name = 'Asked' AND m.body LIKE '%could not be delivered%'"
        )
        == 1
    )


def test_two_at_once(gateway):
    """Two connections hand over the same mail at the same moment, many times."""
    meet = threading.Barrier(2)
    numbers = itertools.count()

    def hand_over(raw):
        meet.wait()
        return gateway.post(raw)

    before = gateway.number("SELECT count(*) FROM aftersales_ticket")
    with ThreadPoolExecutor(2) as pool:
        for _round in range(ROUNDS):
            number = next(numbers)
            raw = mail(
                f"Race {number}", sender=f"dealer{number % DEALERS}@shop.example.org"
            )
            made = list(pool.map(hand_over, [raw, raw]))
            assert sorted(map(bool, made)) == [False, True], made
    assert gateway.number("SELECT count(*) FROM aftersales_ticket") == before + ROUNDS
    assert (
        gateway.number(
            "SELECT count(*) FROM (SELECT message_id FROM mail_message"
            " WHERE message_type = 'email' AND body LIKE '%Race %' GROUP BY message_id"
            " HAVING count(*) > 1) twice"
        )
        == 0
    )
    gateway.check_log()
