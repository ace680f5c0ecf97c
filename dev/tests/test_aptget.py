"""The machine's apt configuration in its two formats; links of an unpacked tree."""

import pytest

from dev import aptget
from dev.ui import Failure

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def write(folder, name, text):
    """Write a file of package sources."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_deb822(tmp_path):
    write(
        tmp_path,
        "sources.list.d/debian.sources",
        "# a comment\nTypes: deb deb-src\nURIs: mirror://one/debian/\n"
        "Suites: stable stable-updates\nComponents: main\n"
        f"Signed-By: {KEYRING}\n\n"
        "Types: deb\nURIs: mirror://one/debian-security\nSuites: stable-security\n"
        "Components: main\n\n"
        "Types: deb\nEnabled: no\nURIs: mirror://two/debian\nSuites: stable\n"
        "Components: main\n",
    )
    entries = aptget.read_sources(tmp_path)
    assert [e["suite"] for e in entries] == [
        "stable",
        "stable-updates",
        "stable-security",
    ]
    chosen = aptget.main_source(entries)
    assert (chosen["uri"], chosen["suite"]) == ("mirror://one/debian", "stable")
    assert chosen["signed_by"] == KEYRING


def test_one_line_format(tmp_path):
    write(
        tmp_path,
        "sources.list",
        "# deb mirror://old/debian stable main\n"
        "deb-src mirror://one/debian stable main\n"
        f"deb [arch=amd64 signed-by={KEYRING}] mirror://one/debian stable main\n",
    )
    write(tmp_path, "sources.list.d/tool.list", "deb mirror://tool/deb any main\n")
    entries = aptget.read_sources(tmp_path)
    chosen = aptget.main_source(entries)
    assert len(entries) == 2
    assert (chosen["uri"], chosen["signed_by"]) == ("mirror://one/debian", KEYRING)


def test_no_source_is_an_explained_failure(tmp_path):
    with pytest.raises(Failure, match="ODOO_SRC"):
        aptget.main_source(aptget.read_sources(tmp_path))


def test_absolute_links_stay_inside(tmp_path):
    (tmp_path / "usr/share").mkdir(parents=True)
    (tmp_path / "usr/share/font").write_text("font")
    deep = tmp_path / "usr/lib/odoo"
    deep.mkdir(parents=True)
    (deep / "font").symlink_to("/usr/share/font")
    (deep / "gone").symlink_to("/usr/share/gone")
    assert aptget.relink(tmp_path) == [deep / "gone"]
    assert (deep / "font").read_text() == "font"
    assert not (deep / "font").readlink().is_absolute()
