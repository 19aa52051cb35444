"""People who use a server all the time, whatever happens to its store; each keeps what it was told and
looks afterwards whether that is so.

While they go on, every answer is what it should be, or 503 with Retry-After, in bounded time.
"""

import threading
import time

from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from waiting import eventually

RETRY_AFTER_MAX_S = 3600
BREATH_S = 0.02  # between two tries while there is nobody to be served


class Known:
    """A value of which we know what was acknowledged, and what may have happened after it."""

    def __init__(self, value):
        self.possible = [value]

    def told(self, value):
        self.possible = [value]

    def unsure(self, value):
        self.possible.append(value)


class Person:
    """One thread and one connection; turn() is what they do again and again."""

    def __init__(self, server, stop):
        self.server, self.stop = server, stop
        self.client = Client(server)
        self.served = 0  # turns that were answered to the end
        self.refused = 0
        self.slowest_s = 0.0
        self.failure = None
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while not self.stop.is_set():
                if self.turn():
                    self.served += 1
                else:
                    self.stop.wait(BREATH_S)
        except Exception as error:  # noqa: BLE001 whatever it is, the test must learn of it
            self.failure = error

    def ask(self, send, *good):
        """The answer when its status is one of those; None for a 503 as it should be."""
        began = time.monotonic()
        reply = send()
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        if reply.status == 503:
            assert 1 <= int(reply.headers["Retry-After"]) <= RETRY_AFTER_MAX_S
            self.refused += 1
            return None
        shown = f"{reply.method} {reply.path}: {reply.status} {reply.body[:300]!r}"
        assert reply.status in good, f"{type(self).__name__} wanted {good}: {shown}"
        return reply

    def ask_until(self, send, *good):
        """Goes on asking; None when told to stop first. For what was begun and must be known."""
        while not self.stop.is_set():
            reply = self.ask(send, *good)
            if reply is not None:
                return reply
            self.stop.wait(BREATH_S)
        return None

    def change(self, known, values, send):
        """Sends one value after the other, and keeps what is known by the answers; False when one of
        them was none."""
        for value in values:
            if self.ask(lambda: send(value), 200) is None:  # noqa: B023
                known.unsure(value)
                return False
            known.told(value)
        return True

    def check(self):
        """After all: what was told is so."""


class Keeper(Person):
    """Stays logged in: goes on with the last token that was acknowledged."""

    def __init__(self, server, stop):
        super().__init__(server, stop)
        self.client.signup(fresh_name("keeper"))

    def turn(self):
        reply = self.ask(self.client.try_refresh, 200)
        if reply is None:
            return False
        self.client.take(reply.json())
        return self.ask(self.client.me, 200) is not None

    def check(self):
        self.client.me().expect(200)
        before = self.client.refresh_token
        self.client.refresh()
        assert self.client.refresh_token != before
        self.client.me().expect(200)


class Visitor(Person):
    """Logs in, looks at the own record, logs out."""

    def __init__(self, server, stop):
        super().__init__(server, stop)
        self.name = self.client.signup(fresh_name("visitor")).user["username"]
        self.ended = []  # tokens of sessions whose end was acknowledged

    def turn(self):
        reply = self.ask(lambda: self.client.try_login(self.name), 200)
        if reply is None:
            return False
        self.client.take(reply.json())
        seen = self.ask(self.client.me, 200)
        # Once more after 503: it may have been done, and to end what has ended is no failure.
        out = self.ask_until(lambda: self.client.post("/v1/auth/logout"), 204)
        if out is not None:
            self.ended.append((self.client.token, self.client.refresh_token))
        return seen is not None and out is not None

    def check(self):
        for token, refresh_token in self.ended:
            self.client.me(token=token).expect(401)
            self.client.try_refresh(refresh_token).expect(401, "invalid_grant")
        self.client.login(self.name).me().expect(200)


class Newcomers(Person):
    """People who sign up; asked again after 503, the name may be theirs already."""

    def __init__(self, server, stop):
        super().__init__(server, stop)
        self.made = []

    def turn(self):
        body = {"username": fresh_name("newcomer"), "password": PASSWORD}
        reply = self.ask(lambda: self.client.post("/v1/auth/signup", body, token=False), 201)
        if reply is None:
            reply = self.ask_until(
                lambda: self.client.post("/v1/auth/signup", body, token=False), 201, 409
            )
        if reply is None:
            return False
        grant = reply.json() if reply.status == 201 else {}
        self.made.append((body["username"], grant.get("refresh_token")))
        return True

    def check(self):
        for name, refresh_token in self.made:
            if refresh_token is not None:
                self.client.try_refresh(refresh_token).expect(200)
            self.client.try_login(name).expect(200)


class Admin(Person):
    """Makes people and changes their roles."""

    ROLES = (["user"], ["admin"], ["admin", "user"])

    def __init__(self, server, stop):
        super().__init__(server, stop)
        self.client.login(ADMIN, ADMIN_PASSWORD)
        self.people = []  # (id, roles that are known)

    def turn(self):
        body = {"username": fresh_name("made"), "password": PASSWORD}
        reply = self.ask(lambda: self.client.post("/v1/users", body), 201)
        if reply is None:
            return False
        made = reply.json()
        roles = Known(made["roles"])
        self.people.append((made["id"], roles))
        path = f"/v1/users/{made['id']}/roles"
        return self.change(roles, self.ROLES, lambda those: self.client.put(path, {"roles": those}))

    def check(self):
        for user_id, roles in self.people:
            now = self.client.get(f"/v1/users/{user_id}").expect(200).json()["roles"]
            assert sorted(now) in [sorted(those) for those in roles.possible]


class Seller(Person):
    """Offers products and changes their prices."""

    PRICES = ("2.00", "3.00", "4.00")

    def __init__(self, server, stop):
        super().__init__(server, stop)
        self.client.signup(fresh_name("seller"))
        self.products = []

    def turn(self):
        body = {"name": "Anvil", "price": "1.00"}
        reply = self.ask(lambda: self.client.post("/v1/products", body), 201)
        if reply is None:
            return False
        price, product_id = Known(body["price"]), reply.json()["id"]
        self.products.append((product_id, price))
        path = f"/v1/products/{product_id}"
        return self.change(price, self.PRICES, lambda one: self.client.patch(path, {"price": one}))

    def check(self):
        for product_id, price in self.products:
            now = self.client.get(f"/v1/products/{product_id}").expect(200).json()["price"]
            assert float(now) in [float(those) for those in price.possible]


class Traffic:
    """All of them at once, as a context: they begin with it, and end with it."""

    CROWD = (Keeper, Keeper, Visitor, Visitor, Newcomers, Admin, Seller)

    def __init__(self, server, crowd=CROWD):
        self.server = server
        self.stop = threading.Event()
        self.people = [kind(server, self.stop) for kind in crowd]

    def __enter__(self):
        for person in self.people:
            person.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for person in self.people:
            person.thread.join()

    def raise_failure(self):
        for person in self.people:
            if person.failure is not None:
                raise person.failure

    def wait_served(self, turns, within):
        """Waits until each of them was served so often from now on."""
        wanted = [person.served + turns for person in self.people]

        def all_served():
            self.raise_failure()
            return all(person.served >= goal for person, goal in zip(self.people, wanted))

        eventually(all_served, within, f"not everybody was served: {self.report()}")

    def wait_refused(self, within):
        """Waits until somebody was told to come again."""
        before = sum(person.refused for person in self.people)
        eventually(lambda: sum(person.refused for person in self.people) > before, within)

    def report(self):
        rows = [(type(p).__name__, p.served, p.refused, round(p.slowest_s, 2)) for p in self.people]
        return f"(who, turns, refused, slowest answer in s): {rows}"

    @property
    def slowest_s(self):
        return max(person.slowest_s for person in self.people)

    def check(self):
        """After the end: nothing that was acknowledged is lost, nobody was logged out, and nobody was
        taken for a thief or a guesser."""
        self.raise_failure()
        for person in self.people:
            person.check()
        events = {record.get("event") for record in self.server.records()}
        assert not events & {"token_reuse", "login_locked", "account_locked", "login_failed"}
