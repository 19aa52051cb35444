"""Products: an application's own protected resource, with owners, exact prices and versions."""

import itertools
import re
import threading
import time
from decimal import Decimal
from urllib.parse import quote

import pytest

from client import Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from process import PATIENCE, cli_user

PRODUCTS = "/v1/products"
LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')
NOWHERE = "01a1fc2d-8048-7c46-ba5b-5cbd67683ce8"
_names = itertools.count(1)


def make(client, price="1", **more):
    """A product of the client's."""
    body = {"name": f"thing {next(_names)}", "price": price, **more}
    return client.post(PRODUCTS, body).expect(201).json()


def path(product, key="id"):
    return f"{PRODUCTS}/{product[key]}"


@pytest.fixture
def other(server):
    client = Client(server).signup()
    yield client
    client.close()


def quoted(text):
    return quote(text, safe="")


# --- the record -----------------------------------------------------------------------------------


def test_life_of_a_product(person):
    """Made, read by id and number, changed, deleted; what is left out stays, null clears."""
    reply = person.post(PRODUCTS, {"name": "Engine", "description": "Brass.", "price": "12.50"})
    made = reply.expect(201).json()
    assert (made["name"], made["description"], made["price"]) == ("Engine", "Brass.", "12.50")
    assert made["owner_id"] == person.user["id"] and made["created_at"] == made["updated_at"]
    assert reply.headers["ETag"] == '"1"'
    for key in ("id", "number"):
        assert person.get(path(made, key)).expect(200).json() == made
    changed = person.patch(path(made), {"price": "13"}).expect(200)
    assert changed.json()["price"] == "13" and changed.json()["description"] == "Brass."
    assert changed.headers["ETag"] == '"2"'
    cleared = person.patch(path(made, "number"), {"description": None}).expect(200).json()
    assert cleared["description"] is None and cleared["name"] == "Engine"
    person.delete(path(made)).expect(204)
    person.get(path(made)).expect(404, "not_found")
    # Who holds no right of their own is told nothing about whether it is there.
    person.patch(path(made), {"price": "1"}).expect(403, "forbidden")
    assert make(person)["number"] > made["number"]


@pytest.mark.parametrize(
    "text",
    ["0", "0.0", "0.0000", "0.0001", "0.1", "0.3", "1", "10", "10.00", "12.5", "19.99",
     "999999999999", "999999999999.9999", "900719925474.0993"],
)  # fmt: skip
def test_prices_come_back_as_given(person, text):
    made = make(person, text)
    assert made["price"] == text
    assert person.get(path(made)).json()["price"] == text
    assert person.patch(path(made), {"name": "x"}).json()["price"] == text


@pytest.mark.parametrize(
    "price",
    ["", " ", "-1", "-0", "+1", "1e3", "1E3", "01", "00", "007.50", "1.", ".5", "1.23456", "1,5",
     "1 000", " 1", "1\n", "\uff11", "\u0661", "NaN", "Infinity", "0x10", "1_0", "1000000000000",
     "9" * 400, 1, 0, 1.5, -1, True, None, ["1"], {"amount": "1"}],
)  # fmt: skip
def test_prices_that_cannot_be(person, price):
    """Numbers of JSON too: they are not exact everywhere."""
    reply = person.post(PRODUCTS, {"name": "x", "price": price}).expect(422, "invalid")
    assert [place for place, _ in reply.faults()] == ["body.price"]
    made = make(person)
    person.patch(path(made), {"price": price}).expect(422, "invalid")
    if isinstance(price, str):
        listed = person.request("GET", PRODUCTS + "?min_price=" + quoted(price))
        assert listed.expect(422).faults() == [("query.min_price", "malformed")]


def test_limits_of_the_fields(person):
    make(person, name="\u00e9" * 200, description="\u00e9" * 10000)
    for body, place in (
        ({"price": "1"}, "body.name"),
        ({"name": "x"}, "body.price"),
        ({"name": "", "price": "1"}, "body.name"),
        ({"name": "  ", "price": "1"}, "body.name"),
        ({"name": None, "price": "1"}, "body.name"),
        ({"name": "a\u0007b", "price": "1"}, "body.name"),
        ({"name": "a" * 201, "price": "1"}, "body.name"),
        ({"name": "x", "description": "a" * 10001, "price": "1"}, "body.description"),
        ({"name": "x", "price": "1", "owner_id": NOWHERE}, "body.owner_id"),
        ({"name": "x", "price": "1", "number": 7}, "body.number"),
    ):
        reply = person.post(PRODUCTS, body).expect(422)
        assert [place_ for place_, _ in reply.faults()] == [place]
    made = make(person)
    for name in ("id", "number", "owner_id", "created_at", "version"):
        person.patch(path(made), {name: made.get(name)}).expect(422)
    assert person.get(path(made)).json() == made


# --- who may --------------------------------------------------------------------------------------


def test_who_may_what(server, anyone, person, other, admin):
    """Nobody, owner, another user, admin; each with a product of the owner's."""
    cells = {
        "nobody": (anyone, 401, 401, 401),
        "other": (other, 200, 403, 403),
        "owner": (person, 200, 200, 204),
        "admin": (admin, 200, 200, 204),
    }
    for who, (client, read, change, delete) in cells.items():
        for key in ("id", "number"):
            made = make(person)
            assert client.get(path(made, key)).status == read, who
            assert client.patch(path(made, key), {"name": "new"}).status == change, who
            assert client.delete(path(made, key)).status == delete, who
            left = admin.get(path(made))
            assert left.status == (404 if delete == 204 else 200), who
            if left.status == 200:
                assert left.json() == made, who
    # An admin's change leaves the owner what is theirs.
    made = make(person)
    assert admin.patch(path(made), {"name": "new"}).json()["owner_id"] == person.user["id"]


def test_missing_looks_like_another_s(person, other, admin):
    """A02: one refusal for what is there and what is not, before anything is said of the body."""
    made = make(person)
    for method, body in (("PATCH", b"{"), ("PATCH", b'{"price":"2"}'), ("DELETE", None)):
        seen = []
        for key in (made["id"], made["number"], NOWHERE, 999999, -1, "0x1", "word", "%20"):
            headers = {"Content-Type": "application/json"} if body else {}
            reply = other.request(method, f"{PRODUCTS}/{key}", body=body, headers=headers)
            seen.append((reply.status, reply.body, reply.headers["WWW-Authenticate"]))
        assert seen[0][0] == 403 and len(set(seen)) == 1, seen
    for key in (NOWHERE, 999999, -1, "word"):
        admin.patch(f"{PRODUCTS}/{key}", {"price": "2"}).expect(404)
        admin.delete(f"{PRODUCTS}/{key}").expect(404)


def test_owner_without_any_role(server, person, admin):
    """Who lost the permissions keeps what is theirs, and sees nothing else."""
    made, foreign = make(person), make(admin)
    name = person.user["username"]
    cli_user(server, "set-roles", name, "--none")
    person.login(name)
    person.post(PRODUCTS, {"name": "x", "price": "1"}).expect(403, "forbidden")
    person.get(PRODUCTS).expect(403, "forbidden")
    person.get(path(foreign)).expect(403, "forbidden")
    person.get(path(made)).expect(200)
    person.patch(path(made), {"price": "2"}).expect(200)
    person.delete(path(made)).expect(204)


def test_products_of_a_deleted_user_stay(server, admin, other):
    client = Client(server).signup()
    made = make(client)
    admin.delete(f"/v1/users/{client.user['id']}").expect(204)
    client.patch(path(made), {"price": "2"}).expect(401)
    assert other.get(path(made)).expect(200).json() == made
    found = other.get(f"{PRODUCTS}?owner={client.user['id']}").json()
    assert found["items"] == [made]
    # A new person of that name owns nothing of it.
    heir = Client(server).signup(client.user["username"])
    heir.patch(path(made), {"price": "2"}).expect(403)
    assert heir.get(f"{PRODUCTS}?owner={client.user['username']}").json()["total"] == 0


# --- versions -------------------------------------------------------------------------------------


def test_if_match(person, admin):
    made = make(person)
    person.patch(path(made), {"price": "2"}, headers={"If-Match": '"1"'}).expect(200)
    for tag in ('"1"', '"3"', 'W/"2"', '"abc"', '""', '"02"', '"1", "abc"'):
        person.patch(path(made), {"price": "9"}, headers={"If-Match": tag}).expect(
            412, "precondition_failed"
        )
        person.delete(path(made), headers={"If-Match": tag}).expect(412, "precondition_failed")
    for tag in ("2", "", '"2', '"2" x', "'2'", '"1",,'):
        person.patch(path(made), {"price": "9"}, headers={"If-Match": tag}).expect(400)
    assert person.get(path(made)).json()["price"] == "2"
    person.patch(path(made), {"price": "3"}, headers={"If-Match": '"1", "2"'}).expect(200)
    person.patch(path(made), {"price": "4"}, headers={"If-Match": "*"}).expect(200)
    reply = person.get(path(made))
    person.delete(path(made), headers={"If-Match": reply.headers["ETag"]}).expect(204)
    admin.patch(path(made), {"price": "9"}, headers={"If-Match": '"4"'}).expect(404)
    admin.delete(path(made), headers={"If-Match": "*"}).expect(404)


@pytest.mark.concurrency
def test_no_update_is_lost(server, person):
    """Workers add one to a price by read, think and If-Match: none of the good ones is lost."""
    made = make(person, "0")
    rounds, workers = 5, 4
    failures = []

    def add():
        client = Client(server, person.token)
        try:
            for _ in range(rounds):
                while True:
                    seen = client.get(path(made)).expect(200)
                    price = str(int(seen.json()["price"]) + 1)
                    tag = {"If-Match": seen.headers["ETag"]}
                    reply = client.patch(path(made), {"price": price}, headers=tag)
                    if reply.status == 200:
                        break
                    reply.expect(412, "precondition_failed")
        except AssertionError as error:
            failures.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=add) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    reply = person.get(path(made))
    assert reply.json()["price"] == str(rounds * workers)
    assert reply.headers["ETag"] == f'"{rounds * workers + 1}"'


# --- the list -------------------------------------------------------------------------------------

TEXTS = [
    ("Difference Engine", "Brass and steel", "1200.00"),
    ("difference engine, small", None, "0.5"),
    ("\u00c4pfel", "GR\u00dcN, 100% Obst", "0.50"),
    ("under_score", 'back\\slash and "quotes"', "3"),
    ("a* OR b", "NEAR(x y) {col}: ^z", "20"),
    ("AZ", "\u00df \u0130", "999999999999.9999"),
    ("zz", "the same", "20"),
]


@pytest.fixture(scope="module")
def shop(server):
    """One who owns the products of TEXTS, on a server with others."""
    client = Client(server).signup(fresh_name("shop"))
    client.made = [make(client, price, name=n, description=d) for n, d, price in TEXTS]
    return client


def listed(client, query):
    """Indices into TEXTS of what the list holds, in its order."""
    reply = client.get(f"{PRODUCTS}?owner={client.user['username']}&{query}").expect(200)
    ids = [made["id"] for made in client.made]
    return [ids.index(item["id"]) for item in reply.json()["items"]]


@pytest.mark.parametrize(
    "q, found",
    [
        ("", [0, 1, 2, 3, 4, 5, 6]),
        ("ENGINE", [0, 1]),
        ("nce eng", [0, 1]),
        ("engine, s", [1]),
        ("brass", [0]),
        ("\u00e4PF", [2]),
        ("gr\u00fcn", [2]),
        ("100%", [2]),
        ("0% o", [2]),
        ("er_s", [3]),
        ("erxs", []),
        ("k\\s", [3]),
        ('"quotes"', [3]),
        ("a* OR b", [4]),
        ("NEAR(x", [4]),
        ("{col}:", [4]),
        (": ^z", [4]),
        # One or two characters: how the name begins.
        ("%", []),
        ("_", []),
        ('"', []),
        ("az", [5]),
        ("Z", [6]),
        ("\u00e4", [2]),
        ("\u00c4P", [2]),
        ("di", [0, 1]),
        ("engine steel", []),
        ("' OR 1=1 --", []),
        ("brass and steel\u00a0", []),
        ("\U0001f600\U0001f600\U0001f600", []),
    ],
)
def test_search(shop, q, found):
    """A part of name or description: literal, without regard to case."""
    assert listed(shop, f"q={quoted(q)}") == found


def test_search_follows_changes(person):
    made = make(person, name="Aardvark", description="first words")
    person.patch(path(made), {"price": "2"}).expect(200)

    def finds(q):
        return person.get(f"{PRODUCTS}?q={q}&owner={person.user['id']}").json()["total"]

    assert (finds("aardvark"), finds("first")) == (1, 1)
    person.patch(path(made), {"description": None, "name": "Badger"}).expect(200)
    assert (finds("aardvark"), finds("first"), finds("badger")) == (0, 0, 1)
    person.delete(path(made)).expect(204)
    assert finds("badger") == 0


SORT_KEYS = {
    "number": lambda made: made["number"],
    "name": lambda made: made["name"].lower(),
    "price": lambda made: Decimal(made["price"]),
    "created_at": lambda made: made["created_at"],
    "updated_at": lambda made: made["updated_at"],
}


def in_order(products, sort):
    """Indices as the list must give them: ties by id, in the direction of the last field."""
    fields = sort.split(",")
    order = sorted(range(len(products)), key=lambda i: products[i]["id"])
    if fields[-1].startswith("-"):
        order.reverse()
    for field in reversed(fields):
        key = SORT_KEYS[field.lstrip("-")]
        # Sorting backwards keeps ties as they are.
        order.sort(key=lambda i, k=key: k(products[i]), reverse=field.startswith("-"))
    return order


@pytest.mark.parametrize(
    "sort", ["number", "-number", "price", "-price", "name", "-name", "price,-name", "-price,name",
             "created_at", "-updated_at", "price,number", "-created_at,-price,name"],
)  # fmt: skip
def test_order(shop, sort):
    """As a simple model says, at once and page by page."""
    order = in_order(shop.made, sort)
    assert listed(shop, f"sort={sort}") == order
    pages = [listed(shop, f"sort={sort}&limit=2&offset={n}") for n in range(0, 8, 2)]
    assert sum(pages, []) == order


@pytest.mark.parametrize(
    "sort", ["", "-", "id", "owner", "price;", "price,", ",price", "price,price", "price,-price",
             "--price", "+price", "PRICE", "price desc", "description", "(select 1)", "p.id"],
)  # fmt: skip
def test_orders_that_cannot_be(person, sort):
    reply = person.get(f"{PRODUCTS}?sort={quoted(sort)}").expect(422)
    assert reply.faults() == [("query.sort", "not_allowed")]


def test_prices_filter_by_value(shop):
    assert listed(shop, "min_price=0.5&max_price=0.500") == [1, 2]
    assert listed(shop, "min_price=20") == [0, 4, 5, 6]
    assert listed(shop, "min_price=20.0001") == [0, 5]
    assert listed(shop, "max_price=999999999999.9998&min_price=1200") == [0]
    assert listed(shop, "min_price=2&max_price=1") == []
    assert listed(shop, "q=engine&max_price=1&sort=-name") == [1]


def test_owner_filter(server, shop, person):
    key = {"id": 7, "number": 7, "username": 7}
    for name, count in key.items():
        reply = person.get(f"{PRODUCTS}?owner={quoted(str(shop.user[name]).upper())}&limit=1")
        assert reply.expect(200).json()["total"] == count
    for owner in ("nobody-at-all", NOWHERE, "999999", "", shop.user["email"]):
        reply = person.get(f"{PRODUCTS}?owner={quoted(owner)}").expect(200).json()
        assert (reply["items"], reply["total"]) == ([], 0)
        assert person.get(f"{PRODUCTS}?owner={quoted(owner)}&count=false").json()["total"] is None


def links_of(reply):
    return {rel: target for target, rel in LINK.findall(reply.headers.get("Link", ""))}


@pytest.mark.parametrize("start", ["", "&offset=0"])
def test_links_lead_everywhere(shop, start):
    """By cursor, or by offset where the client pages so."""
    query = f"{PRODUCTS}?owner={shop.user['id']}&sort=-price&limit=3&max_price=99999{start}"
    first = shop.get(query).expect(200)
    assert first.json()["total"] == 6 and first.headers["X-Total-Count"] == "6"
    assert set(links_of(first)) == {"first", "next", "last"}
    second = shop.get(links_of(first)["next"]).expect(200)
    assert set(links_of(second)) == {"first", "prev", "last"}
    assert second.json()["next_cursor"] is None
    seen = [item["id"] for page in (first, second) for item in page.json()["items"]]
    expected = [i for i in in_order(shop.made, "-price") if i != 5]
    assert seen == [shop.made[i]["id"] for i in expected]
    for rel in ("prev", "first"):
        back = shop.get(links_of(second)[rel]).expect(200)
        assert back.json()["items"] == first.json()["items"]
    last = shop.get(links_of(first)["last"]).expect(200)
    assert last.json()["items"] == second.json()["items"]
    assert "next" not in links_of(last) and "prev" in links_of(last)


def test_links_keep_the_query_and_nothing_else(shop):
    """What would end a link early is escaped, and a token goes nowhere."""
    query = "q=%3C%3E%0d%0aX:%201&limit=1&access_token=zzz"
    link = shop.get(f"{PRODUCTS}?{query}").expect(200).headers["Link"]
    assert "%3C%3E%0d%0aX:%201" in link and "zzz" not in link
    link = shop.get(f"{PRODUCTS}?%6cimit=2").expect(200).headers["Link"]
    assert link.count("imit=") == link.count("?limit=2")


@pytest.mark.parametrize("sort", ["number", "-name", "price", "-price,name", "updated_at,-number"])
def test_cursors_walk_all(shop, sort):
    seen, cursor = [], ""
    while cursor is not None:
        query = f"owner={shop.user['id']}&sort={sort}&limit=2" + (f"&cursor={cursor}" if cursor else "")
        reply = shop.get(f"{PRODUCTS}?{query}").expect(200).json()
        assert reply["total"] == len(shop.made)
        seen += [item["id"] for item in reply["items"]]
        cursor = reply["next_cursor"]
    assert seen == [shop.made[i]["id"] for i in in_order(shop.made, sort)]


def test_foreign_cursors(shop, person, admin):
    """Bound to sort, filters and list; any change is refused."""
    query = f"owner={shop.user['id']}&sort=name&min_price=0&limit=2"
    cursor = shop.get(f"{PRODUCTS}?{query}").expect(200).json()["next_cursor"]
    shop.get(f"{PRODUCTS}?{query}&cursor={cursor}").expect(200)
    shop.get(f"{PRODUCTS}?{query}&cursor={cursor}&count=false").expect(200)
    # The owner is the same, however it is named.
    by_name = query.replace(shop.user["id"], shop.user["username"])
    shop.get(f"{PRODUCTS}?{by_name}&cursor={cursor}").expect(200)
    for other in (
        query.replace("sort=name", "sort=-name"),
        query.replace("sort=name", "sort=name,price"),
        query.replace("min_price=0", "max_price=0"),
        query.replace("min_price=0", "min_price=1"),
        query.replace(shop.user["id"], person.user["id"]),
        query + "&q=e",
        "sort=name&min_price=0",
    ):
        shop.get(f"{PRODUCTS}?{other}&cursor={cursor}").expect(400, "invalid_cursor")
    for at in range(0, len(cursor), 5):
        altered = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        shop.get(f"{PRODUCTS}?{query}&cursor={altered}").expect(400, "invalid_cursor")
    users = admin.get("/v1/users?limit=1").expect(200).json()["next_cursor"]
    for junk in ("x", "%20", cursor[:-1], cursor + "A", users):
        shop.get(f"{PRODUCTS}?{query}&cursor={junk}").expect(400, "invalid_cursor")


def test_uncounted(shop):
    reply = shop.get(f"{PRODUCTS}?owner={shop.user['id']}&count=false&limit=6").expect(200)
    assert reply.json()["total"] is None and "X-Total-Count" not in reply.headers
    assert set(links_of(reply)) == {"first", "next"}
    assert "count=false" in links_of(reply)["next"]
    last = shop.get(links_of(reply)["next"]).expect(200)
    assert len(last.json()["items"]) == 1 and set(links_of(last)) == {"first", "prev"}
    shop.get(f"{PRODUCTS}?count=true&limit=1").expect(200)


def test_a_page_of_the_longest_texts(server):
    """The largest page can be sent, and its links lead through all of them."""
    client = Client(server).signup()
    ids = [make(client, description="\u0001" * 10000)["id"] for _ in range(230)]
    for start in ("", "&offset=0"):
        target, seen = f"{PRODUCTS}?owner={client.user['id']}&limit=1000{start}", []
        while target:
            reply = client.get(target).expect(200)
            seen += [item["id"] for item in reply.json()["items"]]
            target = links_of(reply).get("next")
        assert seen == ids


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "offset=-1", "count=maybe", "q=" + "a" * 201, "cursor=x&offset=0",
              "owner_id=1", "deleted=with", "min_price=1e3", "max_price=-1"],
)  # fmt: skip
def test_parameters_that_cannot_be(person, query):
    person.get(f"{PRODUCTS}?{query}").expect(422)


# --- around it ------------------------------------------------------------------------------------


def test_log(server, person, admin):
    """Who did what with which product."""
    made = make(person)
    admin.patch(path(made), {"price": "2"}).expect(200)
    person.delete(path(made)).expect(204)
    wanted = {"product_id": made["id"], "user_id": person.user["id"], "level": "info"}
    for event, actor in (
        ("product_created", None),
        ("product_changed", admin.user["id"]),
        ("product_deleted", None),
    ):
        record = server.wait_record(
            lambda r, e=event: r["event"] == e and r.get("product_id") == made["id"]
        )
        assert wanted.items() <= record.items() and record.get("actor") == actor


def test_two_processes(start):
    """What one process stores the other shows and guards."""
    first = start(admin=True)
    second = start.second(first)
    owner, elsewhere = Client(first).signup(), Client(second)
    made = make(owner, name="shared thing")
    elsewhere.token = owner.token
    assert elsewhere.get(path(made)).expect(200).json() == made
    tag = {"If-Match": '"1"'}
    elsewhere.patch(path(made), {"price": "2"}, headers=tag).expect(200)
    owner.patch(path(made), {"price": "3"}, headers=tag).expect(412)
    assert owner.get(f"{PRODUCTS}?q=shared").json()["items"][0]["price"] == "2"
    admin = Client(second).login(ADMIN, ADMIN_PASSWORD)
    admin.delete(path(made)).expect(204)
    owner.get(path(made)).expect(404)


# --- searches that were made to hurt ---------------------------------------------------------------


def test_what_is_searched_for_stands_together(person):
    """Parts are looked for by pieces of three letters: pieces that stand apart are no match."""
    stem = fresh_name("piece").replace("-", "")
    together = make(person, name=f"{stem} of a long and winding road", description="x")
    make(person, name=f"{stem} road of a winding", description="and long a of")
    make(person, name=f"{stem} of a long", description=" and winding road")
    for end in (" and winding road", " AND W", " a"):
        found = person.get(f"{PRODUCTS}?q={quoted(stem + ' of a long' + end)}").expect(200).json()
        assert [item["id"] for item in found["items"]] == [together["id"]], end
        assert found["total"] == 1


def test_a_search_for_what_repeats_is_fast(person):
    """Q03: a phrase of 198 pieces in texts that are nothing else would take seconds."""
    for i in range(60):
        make(person, name=f"repeats {i}", description="a" * 10_000)
    began = time.monotonic()
    found = person.get(f"{PRODUCTS}?q={'a' * 200}&limit=1").expect(200).json()
    assert found["total"] == 60
    assert time.monotonic() - began < 1 * PATIENCE
    assert person.get(f"{PRODUCTS}?q={'a' * 199}b").expect(200).json()["total"] == 0
