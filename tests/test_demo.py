"""The demo data load, whatever the rules of the addon have become."""

import pytest

from dev import databases, demo, postgres, testing

#: What a visitor of the demonstration finds.
SHOWN = ("aftersales_ticket", "aftersales_dispatch", "aftersales_service_form")


@pytest.fixture
def name():
    name = f"{testing.PREFIX}demo"
    databases.drop(name)
    yield name
    databases.drop(name)


def test_demo_data_load(name):
    demo.prepare(name, demo=True)
    for table in SHOWN:
        assert postgres.query(f"SELECT COUNT(*) FROM {table}", name) != [["0"]], table


def test_what_failed_is_said(make_db):
    made = make_db("demo_failed")
    sql = (
        "INSERT INTO ir_demo_failure (module_id, error)"
        " SELECT id, 'Trace' || chr(10) || 'Broken' FROM ir_module_module LIMIT 1"
    )
    postgres.query(sql, made)
    with pytest.raises(demo.Failure, match="Broken"):
        demo._check_complete(made)
