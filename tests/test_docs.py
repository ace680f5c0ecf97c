"""What the guides say in numbers is what the tours of the addon count."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "intake_morning.md"
ADDON = ROOT / "aftersales_service"
TOURS = sorted((ADDON / "static" / "tests" / "tours").glob("intake_*.js"))
TESTS = ADDON / "tests" / "test_intake_tours.py"

TASK = re.compile(
    r'^task\((\d+), "aftersales_intake_(\w+)",'
    r" \{ clicks: (\d+), keys: (\d+), text: (\d+) \}",
    re.MULTILINE,
)
ROW = re.compile(r"^\| (\d+) \|.*\| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)

#: More clicks than these are a page that has to be mended.
MAX_CLICKS = 8
#: A call is written down in fewer keys beyond the text.
CALLS, KEYS_OF_A_CALL = (1, 2, 3), 10


def declared():
    """Return the numbers of each task as its tour declares them, and their names."""
    tasks, names = {}, {}
    for path in TOURS:
        for number, name, *counts in TASK.findall(path.read_text()):
            assert int(number) not in tasks, f"two tours of task {number}"
            tasks[int(number)] = tuple(map(int, counts))
            names[int(number)] = name
    return tasks, names


def test_the_table_has_the_numbers_of_the_tours():
    table = {
        int(number): tuple(map(int, counts))
        for number, *counts in ROW.findall(GUIDE.read_text())
    }
    assert list(table) == list(range(1, 13))
    assert table == declared()[0]


def test_every_tour_is_run():
    run = re.findall(r'self\.morning\("(\w+)"', TESTS.read_text())
    assert sorted(run) == sorted(declared()[1].values())


def test_no_task_takes_too_much():
    tasks, _names = declared()
    for number, (clicks, keys, text) in tasks.items():
        assert clicks <= MAX_CLICKS, number
        assert clicks + keys, number
        if number in CALLS:
            assert keys < KEYS_OF_A_CALL, number
            assert text, number


@pytest.mark.parametrize("path", TOURS, ids=lambda path: path.name)
def test_tours_do_only_what_is_counted(path):
    """A step of another making could reach a page without a click or a key."""
    source = path.read_text()
    assert not re.search(r"\brun\b|\btrigger\b|hoot|registry", source)
    assert re.findall(r'from "(.*?)"', source) == ["./effort"]
