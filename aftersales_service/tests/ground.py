# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ground that many classes of tests stand on, laid once for all that follow.

Most of what the tests cost was the making of the same companies, users and teams in
front of each class. Here their transaction stays open between the classes: a class gets
the open cursor with a savepoint behind the ground, and what it has written is rolled
back to that savepoint when it has ended, as Odoo does behind each test.

The ground lies in layers: one for each class in the line of a test's ancestors that has
a class method ``lay_ground``, which makes records and sets class attributes, and does
not call super. What two classes have in common is laid once. Patches and what only one
class needs belong into ``setUpClass``, as everywhere.
"""

import atexit
import copy
import threading
from contextlib import suppress
from datetime import datetime, timezone

# Odoo's own wrapper, which freezegun's name leads to, knows fewer options.
from freezegun.api import freeze_time

from odoo.modules.registry import Registry
from odoo.tests.common import TransactionCase, get_db_name

from odoo.addons.mail.tests.common import MailCase, MailCommon

#: What Odoo's classes set first to one value, then to another.
SET_TWICE = {"_mc_enabled"}


def _mutable(value):
    return isinstance(value, dict | list | set)


def _set_up_behind(klass, case):
    """Call `setUpClass` of `case` as the class in its line would with super."""
    line = case.__mro__
    for ancestor in line[line.index(klass) + 1 :]:
        if "setUpClass" in vars(ancestor):
            vars(ancestor)["setUpClass"].__get__(None, case)()
            return


class Ground:
    """An open transaction with the layers that have been laid in it.

    It is given up, with its locks, as soon as somebody else asks for a cursor between
    two classes of tests: the ground is never in the way of other tests.
    """

    kept = None

    def __init__(self, registry):
        self.registry = registry
        self.thread = threading.current_thread()
        self.layers = []
        # The real time, as freezegun gives it: to freeze it then costs nothing, whereas
        # freezegun's start and stop search all modules of Odoo, in each test anew.
        # pytest's stopwatch goes on as it was.
        self.clock = freeze_time(datetime.now(), tick=True, ignore=["_pytest.timing"])
        self.clock.start()
        self.cr = registry.cursor()
        # Odoo closes the cursor of each class: here `give_up` does so.
        self.cr.close = lambda: None

    # === FOR CLASSES OF TESTS === #

    @classmethod
    def stand(cls, case):
        """Set a class of tests up on the ground its ancestors ask for.

        :param case: subclass of `MailCommon`; gets `cr`, `env` and all that was set on
            the class while the ground was laid (lists and dicts as copies)
        """
        wanted = [k for k in reversed(case.__mro__) if "lay_ground" in vars(k)]
        registry = Registry(get_db_name())
        if cls.kept and not cls.kept._usable(registry):
            cls.give_up()
        if not cls.kept:
            cls.kept = cls(registry)
        try:
            cls.kept._build(wanted)
            cls.kept._enter(case)
        except BaseException:
            # Given up when the patches of the class are gone, or by the next class.
            cls.kept.layers.clear()
            raise

    @classmethod
    def give_up(cls):
        """Roll the ground back and close its cursor, if there is one."""
        self, cls.kept = cls.kept, None
        if not self:
            return
        vars(self.registry).pop("cursor", None)
        vars(self.cr).pop("close", None)
        if not self.cr.closed:
            with suppress(Exception):
                self.cr.clear()
            self.cr.close()
        self.clock.stop()

    def _usable(self, registry):
        """Tell whether it lies in the tested database, as far as it was laid."""
        return self.layers and self.registry is registry and not self.cr.closed

    # === LAYERS === #

    def _build(self, wanted):
        """Take away the layers that are not wanted, lay those that are missing."""
        vars(self.registry).pop("cursor", None)
        depth = 0
        for layer, klass in zip(self.layers, wanted, strict=False):
            if layer[0] is not klass:
                break
            depth += 1
        del self.layers[depth:]
        if depth:
            self._rewind()
        for klass in wanted[depth:]:
            self._lay(klass)

    def _lay(self, klass):
        """Lay the layer of a class, on behalf of nobody: a class made for this."""
        names = {"__module__": klass.__module__, "_class_cleanups": []}
        holder = type(klass.__name__, (klass,), names)
        if self.layers:
            self._enter(holder)
        else:
            self._hand_out()
        before = {
            n: copy.copy(v) if _mutable(v) else v for n, v in vars(holder).items()
        }
        try:
            if not self.layers:
                _set_up_behind(klass, holder)
            klass.lay_ground.__func__(holder)
            # Tracked values of the ground are told now, not in each of the tests.
            holder.cr.flush()
            self._forget()
            made = {
                name: value
                for name, value in vars(holder).items()
                if name != "_class_cleanups"
                and (
                    name not in before
                    or (_mutable(value) and before[name] != value)
                    or not (_mutable(value) or before[name] is value)
                )
            }
            self.cr.execute(f"SAVEPOINT {self._savepoint(len(self.layers))}")
            self.layers.append((klass, made))
        finally:
            # Leaves the cursor open, and rolls back to the new layer if it was laid.
            holder.doClassCleanups()
        if holder.tearDown_exceptions:
            raise holder.tearDown_exceptions[0][1]

    @staticmethod
    def _savepoint(number):
        return f"aftersales_ground_{number}"

    def _rewind(self):
        """Roll back to the highest layer."""
        self._forget()
        self.cr.execute(
            f"ROLLBACK TO SAVEPOINT {self._savepoint(len(self.layers) - 1)}"
        )

    def _forget(self):
        """Empty what the cursor and its transaction keep in memory."""
        cr = self.cr
        cr.clear()
        cr.cache.clear()
        for callbacks in (cr.precommit, cr.postcommit, cr.prerollback, cr.postrollback):
            callbacks.clear()

    # === CLASSES COME AND GO === #

    def _enter(self, case):
        """Set a class up on the highest layer."""
        line = list(case.__mro__)
        between = line[line.index(self.layers[0][0]) + 1 : line.index(MailCase)]
        assert between == [MailCommon], f"{between} would not be set up"
        case.addClassCleanup(self._leave)
        self._hand_out()
        before = dict(vars(case))
        # As MailCommon, but what that makes is there already.
        _set_up_behind(MailCase, case)
        own = {n for n, v in vars(case).items() if before.get(n, before) is not v}
        case.env.transaction.default_env = case.env
        self.cr._now = datetime.now(timezone.utc).replace(tzinfo=None)
        for _klass, made in self.layers:
            for name, value in made.items():
                if name == "env":
                    case.env = case.env(value.cr, value.uid, value.context, value.su)
                elif name not in own - SET_TWICE:
                    setattr(case, name, copy.copy(value) if _mutable(value) else value)

    def _leave(self):
        """Undo what a class has written. Called as the last of its cleanups."""
        if Ground.kept is not self:
            return
        if not self.layers or self.cr.closed:
            self.give_up()
            return
        self._rewind()
        self.registry.cursor = self._asked

    def _hand_out(self):
        """Let the next who asks for a cursor, Odoo's class of tests, get ours."""

        def cursor(readonly=False):
            del self.registry.cursor
            return self.cr

        self.registry.cursor = cursor

    def _asked(self, /, readonly=False):
        """Open a cursor for somebody else between two classes."""
        if threading.current_thread() is self.thread:
            self.give_up()
            # Nobody could see that the ground's files are in use while it was open.
            TransactionCase._gc_filestore()
        return type(self.registry).cursor(self.registry, readonly=readonly)


atexit.register(Ground.give_up)
