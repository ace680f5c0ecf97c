"""Taking the time of what is done in Odoo's shell."""

import statistics
import time

RUNS = 5


class Timer:
    """Measures functions in one environment and collects the figures.

    :param env: environment of a superuser, whose transaction everybody shares
    :param str side: whose figures these are: ours, helpdesk or fieldservice
    :param str kind: bare, full, or empty for rows that are not measured twice
    """

    def __init__(self, env, side, kind):
        self.env = env
        self.side = side
        self.kind = kind
        self.figures = []

    def add(self, name, size, unit, value):
        """Keep one figure.

        :param str name: row of the results, without its suffix
        :param str size: what it was measured at, in words
        :param str unit: ms or queries
        """
        self.figures.append(
            {
                "side": self.side,
                "kind": self.kind,
                "name": name,
                "size": size,
                "unit": unit,
                "value": value,
            }
        )

    def measure(self, name, size, function, per=1):
        """Measure a function and keep the medians.

        :param per: how many things one run does; figures are for one of them
        """
        self.add_pair(name, size, *self.medians(function, per))

    def add_pair(self, name, size, milliseconds, queries):
        """Keep a time and a number of queries."""
        self.add(name, size, "ms", milliseconds)
        self.add(name, size, "queries", queries)

    def medians(self, function, per=1):
        """Run a function once to warm up and five times to measure it.

        Each run begins with an empty cache of records, ends when everything is
        flushed and the hooks before a commit have run, and is rolled back: all runs
        find the same database.

        :return: tuple of median milliseconds and median number of queries
        """
        runs = [self.once(function, per) for _run in range(RUNS + 1)][1:]
        times, queries = zip(*runs, strict=True)
        return statistics.median(times), statistics.median(queries)

    def once(self, function, per=1):
        """Run a function once and roll back.

        :return: tuple of milliseconds and number of queries
        """
        cr = self.env.cr
        self.env.flush_all()
        cr.execute("SAVEPOINT bench")
        self.env.invalidate_all()
        before, start = cr.sql_log_count, time.perf_counter()
        function()
        self.finish()
        spent = (time.perf_counter() - start) * 1000 / per
        queries = (cr.sql_log_count - before) / per
        self.forget()
        cr.execute("ROLLBACK TO SAVEPOINT bench")
        cr.execute("RELEASE SAVEPOINT bench")
        return spent, queries

    def finish(self):
        """Do what a request does before its commit."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()

    def forget(self):
        """Drop what waits for a commit that does not come."""
        cr = self.env.cr
        for hooks in (cr.precommit, cr.postcommit, cr.prerollback, cr.postrollback):
            hooks.clear()
        self.env.invalidate_all(flush=False)

    def statements(self, function):
        """Return the SQL statements of one run, in their order."""
        cr = self.env.cr
        seen, execute = [], cr.execute

        def listen(query, params=None, log_exceptions=True):
            result = execute(query, params, log_exceptions)
            seen.append(cr._obj.query.decode(errors="replace"))
            return result

        self.once(function)
        cr.execute = listen
        try:
            self.once(function)
        finally:
            del cr.execute
        return seen[1:-2]
