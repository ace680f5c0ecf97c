"""The addons' README.rst and store page, made of the fragments in their ``readme``.

The community's generator (oca-gen-addon-readme) is in no package registry, and wants
pandoc. This makes the same of the same fragments, in the little Markdown they need:
paragraphs, lists of one level, ``**strong**``, ``_emphasis_``, code and links. What it
does not know is refused, so that nothing is published half understood.
"""

import ast
import html
import re

from . import config
from .ui import Failure, say

#: Fragments after the description, with their titles. Those that are missing are left
#: out.
SECTIONS = {
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "ROADMAP": "Known issues / Roadmap",
}
BADGES = """\
|badge1| |badge2|

.. |badge1| image:: https://img.shields.io/badge/maturity-Beta-yellow.png
    :target: https://odoo-community.org/page/development-status
    :alt: Beta
.. |badge2| image:: https://img.shields.io/badge/license-LGPL--3-blue.png
    :target: http://www.gnu.org/licenses/lgpl-3.0-standalone.html
    :alt: License: LGPL-3
"""
CONTENTS = "**Table of contents**\n\n.. contents::\n   :local:\n"
LICENCE = (
    '<p>Licence: <a href="https://www.gnu.org/licenses/lgpl-3.0-standalone.html">'
    "LGPL-3</a></p>"
)
ITEM = re.compile(r"(-|\d+\.) ")
INLINE = re.compile(
    r"\*\*(?P<strong>[^*]+)\*\*"
    r"|(?<![\w*])(?P<mark>[_*])(?P<em>[^_*]+)(?P=mark)(?![\w*])"
    r"|`(?P<code>[^`]+)`"
    r"|\[(?P<text>[^\]]+)\]\((?P<url>[^)\s]+)\)"
)
UNKNOWN = re.compile(r"#|>|```|\||!\[|<\w|\s+(-|\d+\.) ")
#: What starts or ends markup in reStructuredText.
SPECIAL = re.compile(r"[\\*`|]|_(?!\w)")


# === MARKDOWN === #


def blocks(text):
    """Split Markdown into its blocks.

    :return: list of pairs: ``p`` and a text, or ``ul`` or ``ol`` and a list of texts;
        lines of a text stay as they are
    :raise Failure: for what is no paragraph and no list of one level
    """
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        for line in lines:
            if UNKNOWN.match(line):
                raise Failure(f"The fragments know no such Markdown: {line!r}")
        kinds = {_kind(line) for line in lines if line == line.lstrip()}
        if len(kinds) > 1:
            raise Failure(f"A blank line is missing in the fragment: {block!r}")
        if kinds == {"p"}:
            found.append(("p", block))
            continue
        items = []
        for line in lines:
            if match := ITEM.match(line):
                items.append(line[match.end() :])
            else:
                items[-1] += "\n" + line.strip()
        found.append((*kinds, items))
    return found


def _kind(line):
    """Return what a line that is not indented belongs to."""
    match = ITEM.match(line)
    if not match:
        return "p"
    return "ul" if match[1] == "-" else "ol"


def _inline(text, plain, marked):
    """Write a text: ``plain`` writes what has no markup, ``marked`` the matches."""
    written, position = [], 0
    for match in [*INLINE.finditer(text), None]:
        rest = text[position : match.start() if match else None]
        if "**" in rest or "`" in rest:
            raise Failure(f"Markup is not closed in the fragment: {rest!r}")
        written.append(plain(rest))
        if match:
            written.append(marked(match))
            position = match.end()
    return "".join(written)


# === RESTRUCTUREDTEXT === #


def _rst_marked(match):
    strong, em, code = match["strong"], match["em"], match["code"]
    if strong:
        return f"**{strong}**"
    if em:
        return f"*{em}*"
    return f"``{code}``" if code else f"`{match['text']} <{match['url']}>`__"


def _rst_plain(text):
    return SPECIAL.sub(r"\\\g<0>", text)


def rst(text):
    """Write Markdown as reStructuredText, the lines as long as they are."""
    written = []
    for kind, content in blocks(text):
        if kind == "p":
            written.append(_inline(content, _rst_plain, _rst_marked))
            continue
        rows = []
        for number, item in enumerate(content, 1):
            mark = "- " if kind == "ul" else f"{number}. "
            lines = _inline(item, _rst_plain, _rst_marked).splitlines()
            rows.append(mark + ("\n" + " " * len(mark)).join(lines))
        written.append("\n".join(rows))
    return "\n\n".join(written) + "\n"


def _title(text, mark, over=False):
    line = mark * len(text)
    return f"{line}\n{text}\n{line}\n" if over else f"{text}\n{line}\n"


def readme(manifest, fragments):
    """Write the README.rst of an addon.

    :param dict manifest: of the addon
    :param dict fragments: name -> Markdown
    """
    sections = [name for name in SECTIONS if name in fragments]
    parts = [
        _title(manifest["name"], "=", over=True),
        BADGES,
        rst(fragments["DESCRIPTION"]),
        *([CONTENTS] if sections else []),
    ]
    for name in sections:
        parts += [_title(SECTIONS[name], "="), rst(fragments[name])]
    parts += [
        _title("Credits", "="),
        _title("Authors", "-"),
        f"* {manifest['author']}\n",
        _title("Contributors", "-"),
        rst(fragments["CONTRIBUTORS"]),
    ]
    return "\n".join(parts)


# === THE STORE PAGE === #


def _html_plain(text):
    return html.escape(text, quote=False)


def _html_marked(match):
    for name, tag in (("strong", "strong"), ("em", "em"), ("code", "code")):
        if match[name]:
            return f"<{tag}>{_html_plain(match[name])}</{tag}>"
    url = html.escape(match["url"])
    return f'<a href="{url}">{_html_plain(match["text"])}</a>'


def _html_text(text):
    return _inline(" ".join(text.split()), _html_plain, _html_marked)


def _html_blocks(text):
    """Return the lines of a page for some Markdown."""
    lines = []
    for kind, content in blocks(text):
        if kind == "p":
            lines.append(f"<p>{_html_text(content)}</p>")
            continue
        items = [
            f'    <li style="margin-bottom: 6px">{_html_text(item)}</li>'
            for item in content
        ]
        lines += [f"<{kind}>", *items, f"</{kind}>"]
    return lines


def _html_section(lines, padding="8px 16px"):
    style = f"max-width: 900px; margin: 0 auto; padding: {padding}"
    return [
        f'    <section class="oe_container" style="{style}">',
        *(f"        {line}" for line in lines),
        "    </section>",
    ]


def _html_title(text):
    style = "border-bottom: 2px solid #1ad3bb; padding-bottom: 4px"
    return f'<h2 style="{style}">{_html_plain(text)}</h2>'


def page(manifest, fragments):
    """Write the store page of an addon; parameters as in `readme`.

    The store strips style sheets: each element has its own style.
    """
    name, summary = _html_plain(manifest["name"]), _html_plain(manifest["summary"])
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '    <meta charset="utf-8" />',
        '    <meta name="viewport" content="width=device-width, initial-scale=1" />',
        f"    <title>{name}</title>",
        "</head>",
        '<body style="font-family: sans-serif; line-height: 1.5; color: #222;'
        ' margin: 0">',
        *_html_section(
            [
                f'<h1 style="margin-bottom: 0">{name}</h1>',
                '<p style="font-size: 120%; color: #555; margin-top: 4px">'
                f"{summary}</p>",
                *_html_blocks(fragments["DESCRIPTION"]),
            ],
            "24px 16px 0",
        ),
    ]
    for key, title in SECTIONS.items():
        if key in fragments:
            lines += _html_section([_html_title(title), *_html_blocks(fragments[key])])
    contributors = _html_blocks(fragments["CONTRIBUTORS"])
    lines += _html_section(
        [_html_title("Credits"), *contributors, LICENCE], "8px 16px 24px"
    )
    return "\n".join([*lines, "</body>", "</html>"]) + "\n"


# === FILES === #


def made(addon):
    """Return what is made of an addon's fragments, as a dict of path -> text."""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    fragments = {
        path.stem: path.read_text() for path in sorted((addon / "readme").glob("*.md"))
    }
    unknown = fragments.keys() - {"DESCRIPTION", "CONTRIBUTORS", *SECTIONS}
    if unknown:
        raise Failure(f"Nothing is made of {', '.join(sorted(unknown))} in {addon}.")
    return {
        addon / "README.rst": readme(manifest, fragments),
        addon / "static" / "description" / "index.html": page(manifest, fragments),
    }


def main(addons=(), check=False):
    """Write the files of some addons, of all without any.

    :param bool check: write nothing
    :raise Failure: where the check finds files that are not as they would be made
    """
    stale = []
    for name in addons or config.ADDONS:
        for path, text in made(config.ROOT / name).items():
            if not path.exists() or path.read_text() != text:
                stale.append(str(path.relative_to(config.ROOT)))
                if not check:
                    path.write_text(text)
    if check and stale:
        raise Failure(
            f"Older than their fragments: {', '.join(stale)}. 'make format' makes them"
            " anew."
        )
    say("\n".join(f"Made {path}" for path in stale) or "The readmes are up to date.")
