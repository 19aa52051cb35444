"""A history of API calls, made from a number: the same number, the same calls.

Ids, numbers and tokens differ between servers: a call names people by username and all else by what
came before ({product:3}: the fourth product that was made), which whoever sends it looks up.
"""

import json
import random
from dataclasses import dataclass, field

PASSWORD = "plum-Velvet7 orbit"
# bcrypt of PASSWORD at its lowest cost, so that the people of an import log in quickly once.
HASH = "$2b$04$EO.J9vQtC8ksWqw/rFvWBOa9QRA7BjVfDVB1G2nKDwR9CmCe5dK.m"
FIRST = "Ada Åsa İpek ıldır Straße STRASSE Σίσυφος ΣΊΣΥΦΟΣ ſam K Ǆ ǆ 李 Öl öl a\u0308 \U0001F600 z".split()
LAST = "Lovelace von-Ohm O'Neil %_\\ Noether Ng Ñandú ÑANDÚ Ω Ω \U00010428 \U00010400".split()
WORDS = "amber Birch CEDAR drift Éclair ember %off _under back\\slash ΑΒΓ αβγ ẞ ß İ i̇ tea".split()
SORTS = ("number", "username", "email", "name", "age", "status", "created_at")
PRODUCT_SORTS = ("number", "name", "price", "created_at")
PERMISSIONS = ("users:read", "users:update", "products:*", "products:read", "roles:read", "audit:read")
EVENTS = ("user_created", "user_updated", "user_deleted", "roles_changed", "login_failed", "role_created")


@dataclass
class Call:
    """One request. who: the username whose token it bears, "" for nobody's."""

    method: str
    path: str
    who: str = "root"
    query: dict = field(default_factory=dict)
    body: dict = None
    makes: str = ""  # "product": its answer has an id that later calls may name
    logs_in: str = ""  # the username whose tokens come
    logs_out: bool = False

    def __str__(self):
        return f"{self.method} {self.path} {self.query or ''} as {self.who or 'nobody'}: {self.body}"


class History:
    """Makes the calls, and remembers what must be there by then."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.people = []  # not deleted
        self.gone = []
        self.roles = []
        self.products = 0
        self.made = 0
        self.logged_in = ["root"]

    def people_to_import(self, count):
        """Records of an import: no two with a name that differs in case alone."""
        records = []
        for i in range(count):
            name = f"Person{i:03}" if i % 3 else f"person{i:03}"
            self.people.append(name)
            record = {"username": name, "password_hash": HASH, "roles": ["user"]}
            record.update(self._details())
            record["created_at"] = f"2024-01-{1 + i % 28:02}T00:00:00.{i % 7:03}Z"
            record["email"] = f"P{i}@Example.org" if i % 4 else None
            records.append(record)
        return records

    def calls(self, count):
        return [self._next() for _ in range(count)]

    # --- what is made up ---

    def _name(self):
        return f"{self.random.choice(FIRST)} {self.random.choice(LAST)}"

    def _details(self):
        details = {}
        if self.random.random() < 0.8:
            details["name"] = self._name()
        if self.random.random() < 0.7:
            details["age"] = self.random.randrange(0, 40)
        if self.random.random() < 0.3:
            details["metadata"] = {"tags": [self.random.choice(WORDS)], "n": self.random.random()}
        return details

    def _person(self):
        """Somebody, in whatever case the name is written."""
        name = self.random.choice(self.people)
        return name.upper() if self.random.random() < 0.1 else name

    def _product(self):
        return f"{{product:{self.random.randrange(self.products)}}}" if self.products else "{nothing}"

    def _text(self):
        return " ".join(self.random.choices(WORDS, k=self.random.randrange(1, 4)))

    def _part(self):
        """A part of some text, in some case."""
        text = self.random.choice((self._name(), self._text(), self.random.choice(self.people)))
        at = self.random.randrange(len(text))
        part = text[at : at + self.random.randrange(1, 6)].strip() or "a"
        return self.random.choice((part, part.upper(), part.lower()))

    def _sort(self, names):
        """Ends with the number, so that no two share a place. Things of one millisecond on one server
        may be of two on another: nothing but the number follows the instant of creation, the same
        way round."""
        chosen = self.random.sample(names, self.random.randrange(1, 4))
        if "created_at" in chosen:
            chosen = chosen[: chosen.index("created_at") + 1]
        words = [("-" if self.random.random() < 0.4 else "") + name for name in chosen]
        if "number" not in chosen:
            words.append("-number" if words[-1] == "-created_at" else "number")
        return ",".join(words)

    def _price(self):
        return self.random.choice(("0", "1", "1.0", "9.99", "10.0000", "123456.7", "0.0001"))

    # --- calls ---

    def _next(self):
        kinds = (
            (self.list_people, 30), (self.list_products, 10), (self.read_person, 8),
            (self.change_person, 10), (self.create_person, 3), (self.give_roles, 4),
            (self.delete_person, 2), (self.restore_person, 2), (self.role, 4), (self.product, 14),
            (self.session, 5), (self.own, 5), (self.audit, 2), (self.wrong, 3),
        )  # fmt: skip
        makers, weights = zip(*kinds)
        return self.random.choices(makers, weights)[0]()

    def list_people(self):
        query = {"sort": self._sort(SORTS), "limit": self.random.choice((1, 3, 7, 20))}
        if self.random.random() < 0.02:
            query["limit"] = 1000
        for name, value, share in (
            ("q", self._part, 0.3), ("role", lambda: self.random.choice(["user", "admin", "none", *self.roles]), 0.15),
            ("status", lambda: self.random.choice(("active", "disabled")), 0.15),
            ("min_age", lambda: self.random.randrange(40), 0.15),
            ("max_age", lambda: self.random.randrange(40), 0.15),
            ("username", self._person, 0.04), ("email", lambda: "p7@EXAMPLE.org", 0.03),
            ("deleted", lambda: self.random.choice(("only", "with")), 0.15),
            ("count", lambda: "false", 0.1), ("offset", lambda: self.random.randrange(60), 0.2),
            ("created_after", lambda: "2000-01-01T00:00:00Z", 0.05),
        ):  # fmt: skip
            if self.random.random() < share:
                query[name] = value()
        if "offset" not in query and self.random.random() < 0.4:
            query["limit"] = self.random.choice((3, 9))
            return Call("GET", "/v1/users", query={**query, "follow": 3})
        return Call("GET", "/v1/users", query=query)

    def list_products(self):
        query = {"sort": self._sort(PRODUCT_SORTS), "limit": self.random.choice((1, 5, 20))}
        if self.random.random() < 0.4:
            query["q"] = self._part()
        if self.random.random() < 0.3:
            query["min_price"] = self._price()
        if self.random.random() < 0.3:
            query["max_price"] = self._price()
        if self.random.random() < 0.3:
            query["offset"] = self.random.randrange(20)
        return Call("GET", "/v1/products", query=query)

    def read_person(self):
        return Call("GET", f"/v1/users/{self._person()}")

    def create_person(self):
        self.made += 1
        name = f"new{self.made:04}"
        if self.random.random() < 0.2:
            return Call("POST", "/v1/users", body={"username": self._person(), "password": PASSWORD})
        self.people.append(name)
        body = {"username": name, "email": f"{name}@Example.com", **self._details()}
        return Call("POST", "/v1/users", body={**body, "password": PASSWORD})

    def change_person(self):
        body = self._details()
        choice = self.random.random()
        if choice < 0.15:
            body = {"name": None, "age": None}
        elif choice < 0.3:
            body["status"] = self.random.choice(("active", "disabled"))
        elif choice < 0.4:
            body["email"] = self.random.choice((None, f"{self._text().split()[0]}@x", "p3@example.ORG"))
        return Call("PATCH", f"/v1/users/{self._person()}", body=body)

    def give_roles(self):
        roles = self.random.sample(["user", "ghost", *self.roles], self.random.randrange(0, 2 + len(self.roles) // 2))
        return Call("PUT", f"/v1/users/{self._person()}/roles", body={"roles": roles})

    def delete_person(self):
        if len(self.people) < 50:
            return self.read_person()
        name = self.people.pop(self.random.randrange(len(self.people)))
        query = {"permanent": "true"} if self.random.random() < 0.2 else {}
        if not query:
            self.gone.append(name)
        return Call("DELETE", f"/v1/users/{name}", query=query)

    def restore_person(self):
        if not self.gone:
            return self.read_person()
        name = self.gone.pop(self.random.randrange(len(self.gone)))
        self.people.append(name)
        return Call("POST", f"/v1/users/{name}/restore")

    def role(self):
        choice = self.random.random()
        permissions = self.random.sample(PERMISSIONS, self.random.randrange(0, 4))
        if choice < 0.35 or not self.roles:
            self.made += 1
            name = f"role{self.made}"
            self.roles.append(name)
            body = {"name": name, "description": self._text(), "permissions": permissions}
            return Call("POST", "/v1/roles", body=body)
        name = self.random.choice(self.roles)
        if choice < 0.5:
            return Call("PUT", f"/v1/roles/{name}", body={"permissions": permissions})
        if choice < 0.7:
            return Call("DELETE", f"/v1/roles/{name}")
        return Call("GET", self.random.choice(("/v1/roles", f"/v1/roles/{name}")))

    def product(self):
        choice = self.random.random()
        body = {"name": self._text(), "price": self._price()}
        if self.random.random() < 0.5:
            body["description"] = " ".join(self._text() for _ in range(3))
        if choice < 0.4:
            self.products += 1
            who = self.random.choice(self.logged_in)
            return Call("POST", "/v1/products", who=who, body=body, makes="product")
        if choice < 0.65:
            return Call("PATCH", f"/v1/products/{self._product()}", body=body)
        if choice < 0.75:
            return Call("DELETE", f"/v1/products/{self._product()}")
        return Call("GET", f"/v1/products/{self._product()}")

    def session(self):
        choice = self.random.random()
        if choice < 0.25:
            name = self.random.choice(self.people)
            self.logged_in.append(name)
            body = {"username": name, "password": PASSWORD}
            return Call("POST", "/v1/auth/login", who="", body=body, logs_in=name)
        who = self.random.choice(self.logged_in)
        if choice < 0.65 or who == "root":
            return Call("POST", "/v1/auth/refresh", who=who, body={"refresh_token": "{refresh}"}, logs_in=who)
        if choice < 0.8:
            return Call("POST", "/v1/auth/logout", who=who, query={"scope": "global"}, logs_out=True)
        return Call("GET", "/v1/auth/sessions", who=who)

    def own(self):
        who = self.random.choice(self.logged_in)
        if self.random.random() < 0.3:
            return Call("PATCH", "/v1/users/me", who=who, body=self._details())
        return Call("GET", "/v1/users/me", who=who)

    def audit(self):
        query = {"limit": self.random.choice((1, 5, 20)), "event": self.random.choice(EVENTS)}
        if self.random.random() < 0.5:
            query["count"] = "true"
        return Call("GET", "/v1/audit", query=query)

    def wrong(self):
        return self.random.choice((
            Call("GET", "/v1/users", query={"sort": "shoe_size"}),
            Call("GET", "/v1/users", query={"limit": 1001}),
            Call("GET", "/v1/users", query={"cursor": "nonsense"}),
            Call("GET", "/v1/users/ghost"),
            Call("PATCH", f"/v1/users/{self._person()}", body={"shoe_size": 40}),
            Call("POST", "/v1/products", body={"name": "", "price": "-1"}),
            Call("DELETE", "/v1/roles/admin"),
            Call("PUT", "/v1/users/root/roles", body={"roles": []}),
            Call("GET", "/v1/users", who=""),
            Call("POST", "/v1/users", body=json.loads('{"username": "x y"}')),
        ))  # fmt: skip
