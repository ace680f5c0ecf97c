"""The addon's arithmetic (``aftersales_service/tools``) without Odoo.

The addon itself cannot be imported here: its models need Odoo. Its ``tools`` import
nothing but Python's own library and one another, so they stand alone under a name of
their own.
"""

import importlib.util
import sys

from . import config

NAME = "aftersales_arithmetic"
FOLDER = config.ADDON_PATH / "tools"


def load(folder=FOLDER, name=NAME):
    """Return the package of a tools folder, imported once under a name.

    :param folder: Path of the package, the addon's own by default
    :param name: str, the name under which it stands in ``sys.modules``
    :return: module with ``clock``, ``working_time`` and so on
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    try:
        spec.loader.exec_module(package)
    except BaseException:
        del sys.modules[name]
        raise
    return package
