# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import web_report

FIELDS = tuple(web_report.MAX_LENGTH)
ANYTHING = st.one_of(st.text(), st.none(), st.integers(), st.lists(st.text()))

#: The first text of a process takes its time.
PATIENT = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow],
)


@tagged("post_install", "-at_install")
class TestToolsWebReport(BaseCase):
    @PATIENT
    @given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), ANYTHING))
    def test_anything_is_cleaned_and_judged(self, form):
        values = web_report.clean(form)
        self.assertEqual(set(values), set(FIELDS))
        for field, value in values.items():
            self.assertEqual(value, value.strip())
            self.assertNotIn("\x00", value)
            value.encode()
            if field != "text":
                self.assertNotIn("\n", value)
        found = web_report.problems(values)
        self.assertLessEqual(set(found), set(FIELDS))
        self.assertEqual(web_report.clean(values), values)
        if not values["text"]:
            self.assertEqual(found["text"], "required")

    @PATIENT
    @given(st.text(max_size=400))
    def test_subject_is_one_short_line(self, text):
        subject = web_report.subject(text)
        self.assertLessEqual(len(subject), web_report.SUBJECT_LENGTH)
        self.assertEqual(len(subject.splitlines()), 1 if subject else 0)
        self.assertNotIn("://", subject)
        self.assertNotIn("@", subject)

    def test_subject_sends_no_advertising(self):
        for text, subject in (
            ("Press stops\nsince Monday", "Press stops"),
            ("\n  \nPress  stops", "Press stops"),
            ("Win at https://win.example.com/x now", "Win at now"),
            ("Win at win.example.com now", "Win at now"),
            ("www.1.example and more", "and more"),
            ("write to a@b.example", "write to"),
            ("Pressure 2.5 bar, then 3.0", "Pressure 2.5 bar, then 3.0"),
            ("压力机不停。请来", "压力机不停。请来"),
            ("!!!", ""),
        ):
            self.assertEqual(web_report.subject(text), subject)
        self.assertEqual(len(web_report.subject("x" * 500)), 80)

    def test_problems(self):
        good = {
            "name": "Mia",
            "email": "mia@mill.example.com",
            "phone": "",
            "serial": "",
            "text": "It stops",
        }
        self.assertFalse(web_report.problems(good))
        self.assertFalse(
            web_report.problems({**good, "email": "", "phone": "030 12345"})
        )
        for change, found in (
            ({"name": ""}, {"name": "required"}),
            ({"email": ""}, {"email": "unreachable"}),
            ({"phone": "call me"}, {"phone": "invalid"}),
            ({"phone": "1" * 21}, {"phone": "invalid"}),
            ({"text": "x" * 5001}, {"text": "too_long"}),
            ({"serial": "x" * 65}, {"serial": "too_long"}),
        ):
            self.assertEqual(web_report.problems({**good, **change}), found)

    def test_network(self):
        for address, network in (
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::/64"),
            ("2001:db8::ffff:1", "2001:db8::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("nonsense", "unknown"),
            (None, "unknown"),
        ):
            self.assertEqual(web_report.network(address), network)
