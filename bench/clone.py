"""Multiplying records in SQL: a few are made through the ORM, the rest are copies.

What belongs to a record is found by its foreign keys with ON DELETE CASCADE, and by
model and id for messages, followers and activities.
"""

import contextlib
import itertools
import time
from dataclasses import dataclass, field

from odoo.sql_db import db_connect

# Minutes by which copies differ from their pattern; 7919 is prime to both.
PAST_SPREAD = 7200
FUTURE_SPREAD = 600
#: From so many copied main records on, indexes are made anew rather than kept up.
MANY = 5_000
#: How often a table is tidied up, at most.
TRIES = 30
#: Tables that belong to a record by model and id: table, column of the model.
BY_MODEL = (
    ("mail_message", "model"),
    ("mail_followers", "res_model"),
    ("mail_activity", "res_model"),
)


@dataclass
class Table:
    """One table whose rows are copied."""

    name: str
    columns: list
    times: set
    links: dict = field(default_factory=dict)
    count: int = 0
    base: int = 0
    has_id: bool = True
    prefix: str = ""

    @property
    def map(self):
        """Return the name of the temporary table: old id, rank and sign."""
        return f"{self.prefix}_{self.name}"[:60]


class Copier:
    """Copies root records with everything that belongs to them.

    :param env: superuser's environment
    :param roots: list of recordsets, the main one first; each is copied, and links
        between them lead from copy to copy
    :param str sign: SQL over the main table ``t``: 1 when the copies of a row shall
        lie later than it, -1 when earlier
    :param dict unique: (table, column) -> SQL of what must differ; ``{id}`` is the id
        of the copy
    :param set skip: tables whose rows are not copied
    """

    _numbers = itertools.count()

    def __init__(self, env, roots, sign, unique, skip=()):
        self.prefix = f"bench{next(self._numbers)}"
        self.env = env
        self.cr = env.cr
        self.unique = {
            ("mail_message", "message_id"): "'<copy-' || {id} || '@example.com>'",
            **unique,
        }
        self.skip = set(skip)
        self.tables = {}
        env.flush_all()
        for place, records in enumerate(roots):
            self._add_root(records, sign if place == 0 else "-1")
        self._add_by_model(roots[0])
        self._follow_cascades()
        for table in self.tables.values():
            self._link(table)

    def _add_root(self, records, sign):
        table = self._table(records._table)
        self.cr.execute(
            f"CREATE TEMP TABLE {table.map} AS SELECT t.id AS old,"
            f" (row_number() OVER (ORDER BY t.id) - 1)::int AS rank, {sign} AS sign"
            f' FROM "{table.name}" t WHERE t.id = ANY(%s)',
            [records.ids],
        )
        self._count(table)

    def _add_by_model(self, records):
        root = self.tables[records._table]
        for name, column in BY_MODEL:
            if name in self.skip:
                continue
            table = self._table(name)
            self._select(table, root, "res_id", f"t.{column} = '{records._name}'")

    def _follow_cascades(self):
        """Add the tables whose rows are deleted with those that are copied."""
        waiting, known = list(self.tables), set(self.tables) | self.skip
        while waiting:
            parent = self.tables[waiting.pop(0)]
            for name, column in self._cascades(parent.name):
                if name in known:
                    continue
                known.add(name)
                table = self._table(name)
                self._select(table, parent, column, "true")
                if not table.count:
                    del self.tables[name]
                elif table.has_id:
                    waiting.append(name)

    def _cascades(self, name):
        self.cr.execute(
            "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.confdeltype = 'c'"
            " AND c.confrelid = %s::regclass ORDER BY 1, 2",
            [name],
        )
        return self.cr.fetchall()

    def _table(self, name):
        self.cr.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = 'public'"
            " AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [name],
        )
        rows = self.cr.fetchall()
        table = Table(
            name,
            columns=[column for column, _type in rows],
            times={column for column, kind in rows if kind.startswith("timestamp")},
            prefix=self.prefix,
        )
        table.has_id = "id" in table.columns
        self.tables[name] = table
        return table

    def _select(self, table, parent, column, where):
        key = "t.id" if table.has_id else "0"
        self.cr.execute(
            f"CREATE TEMP TABLE {table.map} AS SELECT {key} AS old,"
            f" (row_number() OVER (ORDER BY {key}) - 1)::int AS rank, p.sign"
            f' FROM "{table.name}" t JOIN {parent.map} p ON p.old = t."{column}"'
            f" WHERE {where}"
        )
        self._count(table)
        if not table.has_id:
            table.links[column] = parent

    def _count(self, table):
        self.cr.execute(
            f"CREATE UNIQUE INDEX IF NOT EXISTS {table.map}_i"
            f" ON {table.map} (old, rank)"
        )
        self.cr.execute(f"SELECT count(*) FROM {table.map}")
        [(table.count,)] = self.cr.fetchall()

    def _link(self, table):
        """Note which columns lead to rows that are copied as well."""
        self.cr.execute(
            "SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.conrelid = %s::regclass",
            [table.name],
        )
        for column, target in self.cr.fetchall():
            if target in self.tables and self.tables[target].has_id:
                table.links[column] = self.tables[target]
        if table.name in {name for name, _column in BY_MODEL}:
            table.links["res_id"] = next(iter(self.tables.values()))

    def copy(self, times, keep=None):
        """Copy everything a number of times.

        :param int times: how many copies of each row
        :param dict keep: table -> SQL condition on ``t``: which rows are copied
        :return: id of the first copy of the main records
        """
        for table in self.tables.values():
            if table.has_id:
                self.cr.execute(f'SELECT coalesce(max(id), 0) + 1 FROM "{table.name}"')
                [(table.base,)] = self.cr.fetchall()
        if times * next(iter(self.tables.values())).count < MANY:
            self._insert_all(times, keep or {})
        else:
            with self._without_indexes():
                self._insert_all(times, keep or {})
        for table in self.tables.values():
            if table.has_id:
                self.cr.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'),"
                    f' (SELECT max(id) FROM "{table.name}"))',
                    [table.name],
                )
        return next(iter(self.tables.values())).base

    def _insert_all(self, times, keep):
        """Insert in one statement.

        Foreign keys are checked at its end, so that tables may point at each other.
        """
        parts = [
            f"c{place} AS ({self._insert(table, times, keep.get(table.name))})"
            for place, table in enumerate(self.tables.values())
        ]
        self.cr.execute(f"WITH {', '.join(parts)} SELECT 1")

    @contextlib.contextmanager
    def _without_indexes(self):
        """Drop the indexes and foreign keys of the tables and make them anew after.

        That is several times faster, and the new keys check all rows.
        """
        names = list(self.tables)
        self.cr.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE contype = 'f'"
            " AND conrelid = ANY(%s::regclass[])",
            [names],
        )
        keys = self.cr.fetchall()
        self.cr.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)"
            " FROM pg_index i WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
            [names],
        )
        indexes = self.cr.fetchall()
        for table, name, _definition in keys:
            self.cr.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _definition in indexes:
            self.cr.execute(f"DROP INDEX {name}")
        self.cr.execute("SET LOCAL maintenance_work_mem = '256MB'")
        yield
        for _name, definition in indexes:
            self.cr.execute(definition)
        for table, name, definition in keys:
            self.cr.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')

    def _insert(self, table, times, keep):
        names = ", ".join(f'"{name}"' for name in table.columns)
        values, joins = [], []
        own = f"{table.base} + k * {table.count} + m.rank"
        spread = (
            "make_interval(mins => (m.sign * ((k * 7919) % CASE WHEN m.sign > 0 THEN"
            f" {FUTURE_SPREAD} ELSE {PAST_SPREAD} END))::int)"
        )
        for name in table.columns:
            if name == "id":
                values.append(own)
            elif (table.name, name) in self.unique:
                values.append(self.unique[table.name, name].format(id=f"({own})"))
            elif name in table.links:
                target = table.links[name]
                alias = f"l{len(joins)}"
                joins.append(
                    f'LEFT JOIN {target.map} {alias} ON {alias}.old = t."{name}"'
                )
                values.append(
                    f"coalesce({target.base} + k * {target.count} + {alias}.rank,"
                    f' t."{name}")'
                )
            elif name in table.times:
                values.append(f't."{name}" + {spread}')
            else:
                values.append(f't."{name}"')
        if table.has_id:
            source = f'{table.map} m JOIN "{table.name}" t ON t.id = m.old'
        else:
            source = f'(SELECT 0 AS rank, -1 AS sign) m, "{table.name}" t'
        # Rows without an id of their own are those whose parents are copied.
        links = " ".join(joins)
        if not table.has_id:
            links = links.replace("LEFT JOIN", "JOIN", 1)
        return (
            f'INSERT INTO "{table.name}" ({names}) SELECT {", ".join(values)}'
            f" FROM {source} {links} CROSS JOIN generate_series(0, {times - 1}) AS k"
            f" WHERE {keep or 'true'}"
        )

    def vacuum(self):
        """Do what the server would do by itself some minutes later, and only once.

        Left to itself it would do so in the middle of a measurement. The rows must be
        committed before.
        """
        with db_connect(self.cr.dbname).cursor() as cr:
            cr._cnx.rollback()
            cr._cnx.autocommit = True
            for name in self.tables:
                cr.execute(f'ALTER TABLE "{name}" SET (autovacuum_enabled = false)')
            for name in self.tables:
                self._vacuum(cr, name)
            cr._cnx.autocommit = False

    def _vacuum(self, cr, name):
        """Tidy up a table until its rows are marked as seen by everybody.

        A transaction that is still open elsewhere, such as that of a worker of the
        server, would leave them without the marks by which rows are counted in an
        index alone.

        :raise RuntimeError: when they can't be marked
        """
        for _try in range(TRIES):
            cr.execute(f'VACUUM (ANALYZE) "{name}"')
            cr.execute(
                "SELECT relallvisible >= 0.9 * relpages FROM pg_class"
                " WHERE oid = %s::regclass",
                [f'"{name}"'],
            )
            if cr.fetchone()[0]:
                return
            time.sleep(1)
        raise RuntimeError(f"{name} can't be tidied up: a transaction is open.")
