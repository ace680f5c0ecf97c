"""The real web client's requests over HTTP: lists, boards and pivots."""

import http.cookiejar
import itertools
import json
import re
import statistics
import time
import urllib.request
from xml.etree import ElementTree

from .clock import RUNS

LIMIT = 80
COUNT_LIMIT = 10_001
SEARCHED = "gearbox 44"
#: What Odoo logs of a request; behind the status: queries, their time, the rest.
LOGGED = re.compile(r'"POST (\S+) HTTP\S*" 200 - (\d+) [\d.]+ [\d.]+')
#: Fields that a widget needs besides its own, as its JavaScript declares them.
ACTIVITY_FIELDS = (
    "activity_exception_decoration",
    "activity_exception_icon",
    "activity_state",
    "activity_summary",
    "activity_type_icon",
    "activity_type_id",
)
WIDGET_FIELDS = {
    "list_activity": ACTIVITY_FIELDS,
    "kanban_activity": ACTIVITY_FIELDS,
    "activity_exception": ("activity_exception_icon",),
}
#: For each program: model, field of its deadline, filter of what is overdue, model,
#: user and domain of its pivot. None where it has no such thing.
PROGRAMS = {
    "ours": {
        "model": "aftersales.ticket",
        "agent": "technician",
        "deadline": "next_deadline",
        "overdue": "overdue",
        "pivot": ("aftersales.sla.clock", [("outcome", "!=", "void")]),
    },
    "helpdesk": {
        "model": "helpdesk.ticket",
        "agent": "agent",
        "deadline": None,
        "overdue": "sla_expired",
        "pivot": ("helpdesk.sla.report", []),
    },
    "fieldservice": {
        "model": "fsm.order",
        "agent": "agent",
        "deadline": "scheduled_date_start",
        "overdue": None,
        "pivot": None,
    },
}


class Client:
    """A browser's session with a server.

    :param str url: of the server
    :param str database: its database
    :param log: path of the server's log, which tells the number of queries
    """

    def __init__(self, url, database, log):
        self.url = url
        self.database = database
        self.log = log
        self.numbers = itertools.count(1)
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar)
        )
        self.context = {}

    def post(self, path, params):
        """Send a JSON request.

        :raise RuntimeError: when the server answers with an error
        """
        body = {"jsonrpc": "2.0", "method": "call", "id": next(self.numbers)}
        request = urllib.request.Request(
            self.url + path,
            json.dumps({**body, "params": params}).encode(),
            {"Content-Type": "application/json"},
        )
        with self.opener.open(request, timeout=300) as answer:
            result = json.load(answer)
        if "error" in result:
            data = result["error"].get("data", {})
            raise RuntimeError(data.get("debug") or result["error"])
        return result["result"]

    def login(self, user):
        """Log in with the password that the benchmark gave: the login itself."""
        info = self.post(
            "/web/session/authenticate",
            {"db": self.database, "login": user, "password": user},
        )
        self.context = {
            **info["user_context"],
            "allowed_company_ids": [info["user_companies"]["current_company"]],
        }

    def call(self, model, method, args=(), **kwargs):
        """Call a method as the web client does."""
        context = {**self.context, **kwargs.pop("context", {})}
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": list(args),
                "kwargs": {**kwargs, "context": context},
            },
        )

    def queries(self):
        """Return the number of queries of each request so far."""
        return [int(count) for _path, count in LOGGED.findall(self.log.read_text())]

    def measure(self, function):
        """Send requests once to warm up and five times to measure them.

        :param function: sends one or several requests
        :return: tuple of median milliseconds and median number of queries
        """
        function()
        times, queries = [], []
        for _run in range(RUNS):
            before, start = len(self.queries()), time.perf_counter()
            function()
            times.append((time.perf_counter() - start) * 1000)
            queries.append(sum(self._new_queries(before)))
        return statistics.median(times), statistics.median(queries)

    def _new_queries(self, before):
        """Wait for the lines of the log about what was just sent."""
        for _try in range(50):
            new = self.queries()[before:]
            if new:
                time.sleep(0.02)
                return self.queries()[before:]
            time.sleep(0.02)
        raise RuntimeError(f"{self.log} does not tell of the request.")


class Views:
    """The views of one model, as the web client loads them.

    :param Client client: logged in
    :param str model: name of the model
    :param kinds: types of views, such as list
    """

    def __init__(self, client, model, *kinds):
        found = client.call(
            model,
            "get_views",
            views=[[False, kind] for kind in kinds],
            options={"load_filters": True, "toolbar": True},
        )
        self.model = model
        self.fields = {
            name: values["fields"] for name, values in found["models"].items()
        }
        self.archs = {
            kind: ElementTree.fromstring(view["arch"])
            for kind, view in found["views"].items()
        }

    def specification(self, kind):
        """Return what the client asks for: the fields of the arch and their widgets'.

        Follows getFieldsSpec of the client's relational model.
        """
        arch = self.archs[kind]
        result = {}
        for node in arch.iter("field"):
            name = node.get("name")
            result[name] = {**result.get(name, {}), **self._field(node, name)}
            for extra in WIDGET_FIELDS.get(node.get("widget"), ()):
                result.setdefault(extra, self._plain(extra))
        bar = arch.find("progressbar")
        extras = [bar.get("field")] if bar is not None else []
        extras.append(arch.get("highlight_color"))
        for extra in filter(None, extras):
            result.setdefault(extra, self._plain(extra))
        return result

    def _field(self, node, name):
        if node.get("widget") == "many2many_tags":
            wanted = {"display_name": {}}
            color = re.search(r"'color_field':\s*'(\w+)'", node.get("options", ""))
            if color:
                wanted[color[1]] = {}
            return {"fields": wanted, "context": {}}
        return self._plain(name, node.get("invisible"))

    def _plain(self, name, invisible=None):
        if self.fields[self.model][name]["type"] != "many2one":
            return {}
        if invisible in ("1", "True"):
            return {"fields": {}}
        return {"fields": {"display_name": {}}, "context": {}}

    def order(self, kind):
        """Return the view's own order: declared, or that of its handle."""
        arch = self.archs[kind]
        handle = arch.find(".//field[@widget='handle']")
        order = arch.get("default_order") or (
            f"{handle.get('name')}, id" if handle is not None else ""
        )
        parts = [part.split() for part in order.split(",") if part.strip()]
        return ", ".join(f"{part[0]} {(part + ['ASC'])[1].upper()}" for part in parts)

    def filter(self, name):
        """Return the domain of a filter."""
        node = self.archs["search"].find(f".//filter[@name='{name}']")
        return eval(node.get("domain"), {})  # noqa: S307, the addon's own view

    def search_domain(self, text):
        """Return the domain of typing a text and pressing Enter: the first field."""
        node = self.archs["search"].find(".//field")
        domain = node.get("filter_domain") or f"[('{node.get('name')}','ilike',self)]"
        return eval(domain, {"self": text, "str": str})  # noqa: S307

    def pivot(self):
        """Return rows and columns of the pivot."""
        rows, columns = [], []
        for node in self.archs["pivot"].findall("field"):
            name = node.get("name")
            kind = self.fields[self.model][name]["type"]
            if kind in ("date", "datetime"):
                name = f"{name}:{node.get('interval') or 'month'}"
            if node.get("type") == "row":
                rows.append(name)
            elif node.get("type") == "col":
                columns.append(name)
        return rows, columns


class Program:
    """One program's pages over HTTP.

    :param Client client: of its server
    :param str name: key of PROGRAMS
    """

    def __init__(self, client, name):
        self.client = client
        self.known = PROGRAMS[name]
        client.login(self.known["agent"])
        self.model = self.known["model"]
        self.views = Views(client, self.model, "list", "kanban", "search")

    def rows(self):
        """Yield the name of a row and the function that sends its requests."""
        views, known = self.views, self.known
        yield "list_80", lambda: self.list()
        if known["deadline"]:
            order = f"{known['deadline']} ASC"
            yield "list_by_deadline", lambda: self.list(order=order)
        if known["overdue"]:
            overdue = views.filter(known["overdue"])
            yield "list_overdue", lambda: self.list(overdue)
        searched = views.search_domain(SEARCHED)
        yield "list_search", lambda: self.list(searched)
        yield "board", self.board
        if known["pivot"]:
            self.client.login("boss")
            model, domain = known["pivot"]
            pivot = Views(self.client, model, "pivot", "search")
            yield "sla_pivot", lambda: self.pivot(pivot, domain)

    def list(self, domain=(), order=None):
        """Load a list of 80.

        :raise AssertionError: when there are fewer
        """
        found = self.client.call(
            self.model,
            "web_search_read",
            domain=list(domain),
            specification=self.views.specification("list"),
            offset=0,
            order=self.views.order("list") if order is None else order,
            limit=LIMIT,
            count_limit=COUNT_LIMIT,
            context={"bin_size": True},
        )
        assert len(found["records"]) == LIMIT, len(found["records"])

    def board(self):
        """Load a board: its columns with their first cards, and its progress bar."""
        arch = self.views.archs["kanban"]
        group = arch.get("default_group_by")
        found = self.client.call(
            self.model,
            "web_read_group",
            domain=[],
            groupby=[group],
            aggregates=[],
            offset=0,
            order=self.views.order("kanban"),
            auto_unfold=True,
            opening_info=[],
            unfold_read_specification=self.views.specification("kanban"),
            unfold_read_default_limit=int(arch.get("limit") or LIMIT),
            groupby_read_specification={},
            context={"read_group_expand": True},
        )
        cards = sum(len(column.get("__records", ())) for column in found["groups"])
        assert cards >= LIMIT, cards
        bar = arch.find("progressbar")
        if bar is not None:
            self.client.call(
                self.model,
                "read_progress_bar",
                domain=[],
                group_by=group,
                progress_bar={
                    "colors": json.loads(bar.get("colors")),
                    "field": bar.get("field"),
                    "help": bar.get("help"),
                },
            )

    def pivot(self, views, domain):
        """Load a pivot: all of its groupings in one request."""
        rows, columns = views.pivot()
        sets = [
            rows[:row] + columns[:column]
            for row in range(len(rows) + 1)
            for column in range(len(columns) + 1)
        ]
        self.client.call(
            views.model, "formatted_read_grouping_sets", [domain, sets, ["__count"]]
        )


def measure(client, name, kind, size, wanted):
    """Measure the pages of one program.

    :return: list of figures, as `clock.Timer` makes them
    """
    figures = []
    for row, function in Program(client, name).rows():
        if wanted and row not in wanted:
            continue
        for unit, value in zip(
            ("ms", "queries"), client.measure(function), strict=True
        ):
            figures.append(
                {
                    "side": name,
                    "kind": kind,
                    "name": row,
                    "size": f"{size:,} tickets",
                    "unit": unit,
                    "value": value,
                }
            )
    return figures
