"""The small addons beside the main one are checked and tested like it."""

import pytest

from dev import config, lint, testing


@pytest.mark.parametrize(
    ("tags", "bridges"),
    [
        ("", ()),
        ("/aftersales_service:TestWorkshop", ()),
        ("/aftersales_service_repair", ("aftersales_service_repair",)),
        ("/aftersales_service_repair:TestRepair", ("aftersales_service_repair",)),
        ("slow,/aftersales_service_repair:T.test_x", ("aftersales_service_repair",)),
    ],
)
def test_bridge_is_installed_for_its_tests_only(tags, bridges):
    assert testing.modules(tags) == [config.ADDON, *bridges]


def test_every_addon_is_linted():
    commands = [list(map(str, command)) for _name, command in lint.commands()]
    for addon in config.ADDONS:
        assert config.ROOT.joinpath(addon, "__manifest__.py").exists()
        found = [c for c in commands if any(part.split("/")[0] == addon for part in c)]
        assert len(found) == len(commands), addon


def test_no_addon_is_forgotten():
    found = {path.parent.name for path in config.ROOT.glob("*/__manifest__.py")}
    assert found == set(config.ADDONS)
