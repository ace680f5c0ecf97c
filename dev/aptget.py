"""Odoo from Debian, fetched by apt under private folders and unpacked, not installed.

The mirror and the keyring are the ones that the machine's own apt configuration names;
that configuration itself is only read.
"""

import re
import shutil
from pathlib import Path

from . import config, proc
from .ui import Failure, say

SOURCES = Path("/etc/apt")
DISTRIBUTION_FILES = re.compile(r"(debian|ubuntu)[^/]*-archive-keyring")


def read_sources(folder=SOURCES):
    """Return the entries of the machine's package sources.

    :return: list of dicts with ``uri``, ``suite``, ``components`` and ``signed_by``
    """
    entries = []
    parts = folder / "sources.list.d"
    lists = [folder / "sources.list", *sorted(parts.glob("*.list"))]
    for path in (p for p in lists if p.is_file()):
        for line in path.read_text(errors="replace").splitlines():
            entries += _parse_one_line(line)
    for path in sorted(parts.glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(errors="replace")):
            entries += _parse_stanza(stanza)
    return entries


def _parse_one_line(line):
    """Parse a line of the form ``deb [options] uri suite component...``."""
    match = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line.strip())
    if not match:
        return []
    options = dict(
        part.split("=", 1) for part in (match[1] or "").split() if "=" in part
    )
    return [
        {
            "uri": match[2].rstrip("/"),
            "suite": match[3],
            "components": match[4].split(),
            "signed_by": options.get("signed-by", ""),
        }
    ]


def _parse_stanza(stanza):
    """Parse a paragraph of a deb822 file."""
    fields, name = {}, None
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    if "deb" not in fields.get("types", "").split():
        return []
    if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
        return []
    return [
        {
            "uri": uri.rstrip("/"),
            "suite": suite,
            "components": fields.get("components", "").split(),
            "signed_by": fields.get("signed-by", ""),
        }
        for uri in fields.get("uris", "").split()
        for suite in fields.get("suites", "").split()
    ]


def main_source(entries):
    """Return the entry of the distribution's own main archive."""
    candidates = [
        entry
        for entry in entries
        if "main" in entry["components"]
        and not re.search(r"(-|/)(security|updates|backports)", entry["suite"])
        and "security" not in entry["uri"]
    ]
    signed = [e for e in candidates if DISTRIBUTION_FILES.search(e["signed_by"])]
    debian = [e for e in candidates if re.search(r"/debian/?$", e["uri"])]
    for choice in (signed, debian, candidates):
        if choice:
            return choice[0]
    raise Failure(
        "No Debian main archive stands in /etc/apt/sources.list or sources.list.d, so"
        " Odoo cannot be fetched from it. Either add it, or get Odoo 19 in another way"
        " and name its folder: make ODOO_SRC=/path/to/odoo ..."
    )


def prepare():
    """Write the private apt configuration; return the options that select it."""
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if not shutil.which(tool):
            raise Failure(
                f"{tool} is missing: this machine is not Debian or a relative of it."
                " Get Odoo 19 in another way and name its folder:"
                " make ODOO_SRC=/path/to/odoo ..."
            )
    entry = main_source(read_sources())
    home = config.HOME / "apt"
    for part in ("etc/empty", "state/lists/partial", "cache/archives/partial", "debs"):
        (home / part).mkdir(parents=True, exist_ok=True)
    (home / "state" / "status").touch()
    lines = ["Types: deb", f"URIs: {entry['uri']}"]
    suites = dict.fromkeys([entry["suite"], config.ODOO_SUITE])
    lines.append(f"Suites: {' '.join(suites)}")
    lines.append("Components: main")
    if entry["signed_by"]:
        lines.append(f"Signed-By: {entry['signed_by']}")
    (home / "etc" / "odoo.sources").write_text("\n".join(lines) + "\n")
    # The machine's own suite goes first: sid's fonts may have moved their files.
    (home / "etc" / "preferences").write_text(
        f"Package: *\nPin: release n={config.ODOO_SUITE}\nPin-Priority: 100\n"
    )
    sources = {
        "Dir::Etc::SourceList": home / "etc" / "odoo.sources",
        "Dir::Etc::SourceParts": home / "etc" / "empty",
        "Dir::Etc::Preferences": home / "etc" / "preferences",
        "Dir::Etc::PreferencesParts": home / "etc" / "empty",
        "Dir::State": home / "state",
        "Dir::State::status": home / "state" / "status",
        "Dir::Cache": home / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Sandbox::User": "",
    }
    return [part for key, value in sources.items() for part in ("-o", f"{key}={value}")]


def fetch():
    """Download Odoo and the packages it points to; return the files.

    apt checks the signature of the lists and the hash of every package.
    """
    options = prepare()
    folder = config.HOME / "apt" / "debs"
    shutil.rmtree(folder)
    folder.mkdir()
    proc.run_logged(
        ["apt-get", *options, "update", "--error-on=any"],
        proc.log_path("apt-update"),
        "Reading Debian's package lists (apt-get update)",
        progress=_show_fetch,
    )
    policy = proc.capture(["apt-cache", *options, "policy", config.ODOO_PACKAGE])
    if "Candidate: " not in policy or "Candidate: (none)" in policy:
        raise Failure(
            f"Debian's suite {config.ODOO_SUITE} at this machine's mirror has no"
            f" package {config.ODOO_PACKAGE}. Get Odoo 19 in another way and name its"
            " folder: make ODOO_SRC=/path/to/odoo ..."
        )
    proc.run_logged(
        ["apt-get", *options, "download", config.ODOO_PACKAGE, *config.ODOO_COMPANIONS],
        proc.log_path("apt-download"),
        "Downloading Odoo from Debian",
        progress=_show_fetch,
        cwd=folder,
    )
    return sorted(folder.glob("*.deb"))


def _show_fetch(line):
    """Show what apt fetches, without the mirror's address."""
    match = re.match(r"Get:\d+ \S+ (.*)", line)
    if match:
        return "fetching " + match[1].replace(" [", " (").replace("]", ")")
    return line if line.startswith("Fetched") else None


def unpack(files, target):
    """Unpack packages into one tree; return the links that lead nowhere."""
    for file in files:
        say(f"    unpacking {file.name.split('_')[0]}")
        proc.capture(["dpkg-deb", "-x", file, target])
    return relink(target)


def relink(tree):
    """Let the symbolic links of a tree stay inside it; return those to nothing."""
    links = [path for path in tree.rglob("*") if path.is_symlink()]
    for link in links:
        aim = link.readlink()
        if aim.is_absolute():
            depth = len(link.parent.relative_to(tree).parts)
            link.unlink()
            link.symlink_to(Path(*[".."] * depth) / aim.relative_to("/"))
    return [link for link in links if not link.exists()]
