"""The community's addons, obtained from the package index at bench time."""

import re
import subprocess
import zipfile

from dev import config, proc, venv
from dev.ui import Failure

PACKAGES = (
    "odoo-addon-helpdesk-mgmt",
    "odoo-addon-helpdesk-mgmt-sla",
    "odoo-addon-fieldservice",
    "odoo-addon-base-territory",
)
FOLDER = config.HOME / "peers"


def ensure():
    """Download the wheels once and unpack them.

    Their dependency Odoo is not downloaded: this environment has it.

    :return: the folder to add to the addons path
    """
    addons = FOLDER / "odoo" / "addons"
    stamp = FOLDER / "complete"
    if not stamp.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        _download()
        for wheel in FOLDER.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(FOLDER)
        stamp.touch()
    return addons


def _download():
    done = subprocess.run(
        [
            venv.PYTHON, "-m", "pip", "download", "--quiet", "--no-input",
            "--disable-pip-version-check", "--no-deps", "--dest", FOLDER,
            *(f"{name}=={config.ODOO_SERIES}.*" for name in PACKAGES),
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        log = proc.log_path("bench-packages")
        # Where the index stands is nobody's business but the machine's.
        log.write_text(re.sub(r"\w+://\S+", "(index)", done.stdout + done.stderr))
        raise Failure(f"The community's addons could not be downloaded. See {log}.")


def versions():
    """Return the versions of the wheels, one text each."""
    return sorted(
        " ".join(wheel.name.split("-")[:2]).replace("odoo_addon_", "")
        for wheel in FOLDER.glob("*.whl")
    )
