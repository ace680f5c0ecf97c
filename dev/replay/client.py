"""The doors of the server: the JSON-2 interface and the web session of a user."""

import json
import urllib.error
import urllib.request
from collections import Counter
from http.cookiejar import CookieJar

TIMEOUT = 180


class ServerRefused(Exception):
    """The server answered with an error; the text says which."""

    def __init__(self, door, status, text):
        super().__init__(f"{door}: {text} (HTTP {status})")
        self.status = status
        self.text = text


def _send(opener, door, request):
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        body = error.read().decode(errors="replace")
        try:
            text = json.loads(body)["message"]
        except (ValueError, KeyError, TypeError):
            text = body[:300]
        raise ServerRefused(door, error.code, text) from None
    except OSError as error:
        raise ServerRefused(door, "-", f"no answer: {error}") from None


class User:
    """A user at the server with a key of its own; the password is the login."""

    def __init__(self, url, database, role, account, doors):
        self.url = url
        self.database = database
        self.role = role
        self.id = account["id"]
        self.name = account["name"]
        self.login = account["login"]
        self.doors = doors
        self._key = account["key"]
        self._plain = urllib.request.build_opener()
        self._session = None

    def call(self, model, method, /, ids=None, context=None, **arguments):
        """Call a method of a model as this user and return its result."""
        if ids is not None:
            arguments["ids"] = ids
        # English names, whatever the language of the user.
        arguments["context"] = {"lang": "en_US", **(context or {})}
        self.doors[f"/json/2/{model}/{method}", self.role] += 1
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            data=json.dumps(arguments).encode(),
            headers={
                "Authorization": f"bearer {self._key}",
                "Content-Type": "application/json",
                "X-Odoo-Database": self.database,
            },
        )
        door = f"{model}.{method} as {self.role}"
        return json.loads(_send(self._plain, door, request))

    def read(self, model, domain, fields, **arguments):
        """Return the records that fit a domain, in the order of their ids."""
        return self.call(
            model,
            "search_read",
            domain=domain,
            fields=fields,
            **{"order": "id", **arguments},
        )

    def download(self, path):
        """Fetch a page as this user's browser would, and return its bytes."""
        if not self._session:
            self._log_in()
        self.doors[f"GET {path.rsplit('/', 1)[0]}", self.role] += 1
        request = urllib.request.Request(self.url + path)
        return _send(self._session, f"GET {path} as {self.role}", request)

    def post_as_customer(self, path, params):
        """Send what the page of the portal sends for a customer who has a link.

        :param str path: of the route
        :param dict params: with the access token of the link
        :return: what the route answers
        """
        door = path.replace(path.split("/")[3], "N")
        self.doors[f"POST {door}", "customer"] += 1
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps({"jsonrpc": "2.0", "params": params}).encode(),
            headers={
                "Content-Type": "application/json",
                "X-Odoo-Database": self.database,
            },
        )
        plain = urllib.request.build_opener()
        answer = json.loads(_send(plain, f"POST {path} as customer", request))
        problem = answer.get("error") or (answer.get("result") or {}).get("error")
        if problem:
            raise ServerRefused(f"POST {path} as customer", 200, str(problem)[:500])
        return answer["result"]

    def _log_in(self):
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        )
        parameters = {
            "db": self.database,
            "login": self.login,
            "password": self.login,
        }
        door = "/web/session/authenticate"
        self.doors[door, self.role] += 1
        request = urllib.request.Request(
            self.url + door,
            data=json.dumps({"jsonrpc": "2.0", "params": parameters}).encode(),
            headers={"Content-Type": "application/json"},
        )
        answer = json.loads(_send(opener, f"{door} as {self.role}", request))
        if "error" in answer:
            raise ServerRefused(door, 200, answer["error"]["data"]["message"])
        self._session = opener


def new_doors():
    """Return the book that counts who went through which door how often."""
    return Counter()
