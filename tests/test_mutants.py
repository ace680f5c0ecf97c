"""Errors made on purpose in the clock engine are noticed; `make mutants` runs all."""

import ast

import pytest

from dev import mutants, mutations

#: What a clock most often gets wrong, each with one of its mutations.
NAMED = (
    "a pause counts as used",
    "exactly the target is missed",
    "a closing second is the next opening",
    "a leave is ignored: gaps are closed",
    "closed time counts as open",
    "reopening restarts",
    "carried minutes are ignored",
    "a stop while paused is ignored",
    "a stop while paused resumes nothing",
    "corrections are ignored",
    "void does not end",
    "order of writing",
    "the deadline of the first run",
)


def test_the_engine_itself_passes():
    passed, output = mutants.survives()
    assert passed, output


@pytest.mark.parametrize("name", NAMED)
def test_error_is_noticed(name):
    ((_name, *change),) = mutants.chosen([name])
    alive, output = mutants.survives(*change)
    assert not alive
    assert "FAILED (" in output, output


def test_every_mutation_still_changes_the_engine(tmp_path):
    """A text that the engine has no longer would make a mutant that proves nothing."""
    changes = [change[1:] for change in mutants.chosen([])]
    changes += [change[:3] for change in mutations.EQUIVALENT.values()]
    assert len(changes) > 100
    for number, change in enumerate(changes):
        folder = tmp_path / str(number)
        folder.mkdir()
        mutants.build(folder, *change)
        tools = folder / "odoo" / "addons" / mutants.ADDON.name / "tools"
        # One that is no Python would be killed by any test at all.
        ast.parse((tools / change[0]).read_text())
    with pytest.raises(ValueError):
        mutants.build(tmp_path, "clock.py", "this stands nowhere", "")
