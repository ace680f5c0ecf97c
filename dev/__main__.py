"""Command line of the development environment: ``python3 -m dev COMMAND``."""

import sys

from . import cli

sys.exit(cli.main())
