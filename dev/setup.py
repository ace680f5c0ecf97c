"""Everything that has to be there before Odoo can run, in order."""

from . import config, odoo, postgres, proc, source, system, venv


def ensure(tests=False, browser=None):
    """Obtain what is missing; quick when nothing is.

    :param tests: also the test and lint tools
    """
    config.check_python()
    with proc.locked():
        system.ensure(lint=tests, browser=tests if browser is None else browser)
        source.ensure()
        venv.ensure(tests)
        postgres.ensure()
        odoo.configure()
