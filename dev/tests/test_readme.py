"""The addons' readmes are what is made of their fragments, and can be read."""

import ast
import io

import docutils.core
import pytest

from dev import cli, config, lint, readme, ui

MANIFEST = {"name": "Test & Co", "summary": "For <all>", "author": "Nobody"}
DESCRIPTION = """
First _words_, then **strong** ones:
a*b, c_, `x_y` and [a page](https://example.com/?a=1&b=2).

- One item
  in two lines
- *Second* | pipe

1. Do this
2. Do that
"""


def parse(text):
    """Return a readme as docutils' tree; the warnings it had as well."""
    warnings = io.StringIO()
    tree = docutils.core.publish_doctree(
        text, settings_overrides={"warning_stream": warnings}
    )
    return tree, warnings.getvalue()


@pytest.fixture
def addon(tmp_path, monkeypatch):
    """Return the folder of a small addon that is the only one of the project."""
    folder = tmp_path / "addon"
    (folder / "readme").mkdir(parents=True)
    (folder / "static" / "description").mkdir(parents=True)
    (folder / "__manifest__.py").write_text(repr(MANIFEST))
    (folder / "readme" / "DESCRIPTION.md").write_text(DESCRIPTION)
    (folder / "readme" / "CONTRIBUTORS.md").write_text("- Nobody")
    monkeypatch.setattr(config, "ROOT", tmp_path)
    monkeypatch.setattr(config, "ADDONS", ("addon",))
    return folder


@pytest.mark.parametrize("name", config.ADDONS)
def test_they_are_up_to_date_and_can_be_read(name):
    readme.main([name], check=True)
    manifest = ast.literal_eval((config.ROOT / name / "__manifest__.py").read_text())
    tree, warnings = parse((config.ROOT / name / "README.rst").read_text())
    assert not warnings
    assert tree["title"] == manifest["name"]


def test_what_is_written():
    fragments = {"DESCRIPTION": DESCRIPTION, "CONTRIBUTORS": "- Me", "USAGE": "Use it."}
    tree, warnings = parse(readme.readme(MANIFEST, fragments))
    assert not warnings
    text = tree.astext()
    assert "First words, then strong ones:\na*b, c_, x_y and a page." in text
    assert "Second | pipe" in text
    assert [node.astext() for node in tree.findall(docutils.nodes.emphasis)] == [
        "words",
        "Second",
    ]
    page = readme.page(MANIFEST, fragments)
    assert '<h1 style="margin-bottom: 0">Test &amp; Co</h1>' in page
    assert "First <em>words</em>, then <strong>strong</strong> ones: a*b, c_," in page
    assert '<a href="https://example.com/?a=1&amp;b=2">a page</a>' in page
    assert "One item in two lines</li>" in page
    assert page.count("<ol>") == 1
    assert page.index(">Usage<") < page.index(">Credits<")


@pytest.mark.parametrize(
    "text",
    [
        "# A title",
        "- one\n  - below",
        "| a | table |",
        "> said",
        "![picture](x.png)",
        "<b>html</b>",
        "Words\n- and a list at once",
        "- one\n1. other",
        "**never closed",
        "`never closed",
    ],
)
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(ui.Failure):
        readme.rst(text)


def test_check_writes_nothing(addon, capsys):
    target = addon / "README.rst"
    assert cli.main(["readme", "--check"]) == 1
    assert "addon/README.rst" in capsys.readouterr().err
    assert not target.exists()
    assert cli.main(["readme"]) == 0
    assert cli.main(["readme", "--check"]) == 0
    (addon / "readme" / "USAGE.md").write_text("Press the button.")
    assert cli.main(["readme", "--check", "addon"]) == 1
    assert "Press the button" not in target.read_text()


def test_unknown_fragment(addon):
    (addon / "readme" / "USEAGE.md").write_text("Misspelled")
    with pytest.raises(ui.Failure, match="USEAGE"):
        readme.made(addon)


def test_lint_checks_them():
    commands = dict(lint.commands())
    assert commands["readme"][-len(config.ADDONS) - 1 :] == ["--check", *config.ADDONS]
    assert "--check" not in dict(lint.commands(fix=True))["readme"]
