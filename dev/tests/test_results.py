"""The gate reads logs and JUnit files: what it must count, and what it must refuse."""

import pytest

from dev import results

STAMP = "2030-01-02 03:04:05,678 42"
SUM = "error(s) of 2 tests when loading database 'db'"
GOOD = f"""\
{STAMP} INFO db odoo.addons.x.tests.test_a: Starting TestA.test_one ...
{STAMP} INFO db odoo.tests.result: 0 failed, 0 {SUM}
"""


def test_good_log():
    outcome = results.odoo_log(GOOD)
    assert (outcome.total, outcome.failed, outcome.good) == (2, 0, True)


def test_failed_tests_are_counted_once():
    log = f"""\
{STAMP} ERROR db odoo.addons.x.tests.test_a: FAIL: TestA.test_one
Traceback (most recent call last):
{STAMP} ERROR db odoo.modules.loading: Module x: 1 failures, 1 errors of 2 tests
{STAMP} ERROR db odoo.tests.result: 1 failed, 1 {SUM}
"""
    outcome = results.odoo_log(log)
    assert outcome.failed == 2
    assert outcome.problems == []
    assert not outcome.good


@pytest.mark.parametrize("level", results.LOUD)
def test_unexpected_lines_fail(level):
    outcome = results.odoo_log(GOOD + f"{STAMP} {level} db odoo.sql_db: bad query: x\n")
    assert outcome.problems == [f"{level} odoo.sql_db: bad query: x"]
    assert not outcome.good


def test_expected_lines_need_a_reason():
    allowed = results.read_allowed("# Because.\nbad query: y\n")
    line = f"{STAMP} WARNING db odoo.sql_db: bad query: y\n"
    assert results.odoo_log(GOOD + line, allowed).good
    with pytest.raises(ValueError, match="no reason"):
        results.read_allowed("# Because.\none\n\nbad query: y\n")


def test_skipped_tests_fail():
    line = (
        f"{STAMP} INFO db odoo.addons.x.tests.test_b: skipped TestB.test_b : no way\n"
    )
    outcome = results.odoo_log(GOOD + line)
    assert outcome.complaints() == ["skipped: TestB.test_b : no way"]
    assert not outcome.good


def test_no_test_at_all_fails():
    line = f"{STAMP} WARNING db odoo.service.server: 0 failed, 0 error(s) of 0 tests"
    for log in ("", f"{line} when loading database 'db'\n"):
        outcome = results.odoo_log(log)
        assert outcome.complaints() == ["no test was executed"]
        assert not outcome.good


def test_junit():
    outcome = results.junit(
        "<testsuites><testsuite>"
        "<testcase classname='a' name='ok'/>"
        "<testcase classname='a' name='bad'><failure message='x'/></testcase>"
        "<testcase classname='a' name='worse'><error message='x'/></testcase>"
        "<testcase classname='a' name='none'><skipped message='why'/></testcase>"
        "</testsuite></testsuites>"
    )
    assert (outcome.total, outcome.failed) == (4, 2)
    assert outcome.skipped == ["a.none: why"]


def test_project_list_is_readable():
    from dev import testing

    assert results.read_allowed(testing.ALLOWED.read_text())
