"""Lists over HTTP against a simple model: random filters, sorts and pages; and walks by cursor while
rows come and go (Q01, Q02, Q04)."""

import json
import random
from itertools import count
from urllib.parse import quote

import pytest

from client import Client
from process import run_cli

PATH = "/v1/users"
PEOPLE = 1500
LISTS = 120
SEED = 20
FIELDS = [
    "number", "username", "email", "name", "age", "created_at", "updated_at", "last_login_at",
    "status",
]  # fmt: skip
# Simple and full case folding agree on these.
NAMES = [None, "", "Åsa Öst", "åsa ÖST", "Иван Грозный", "100%_\\", "Smith", "smithers", "ΣΊΣΥΦΟΣ",
         "O'Neil \"Bob\"", "名前 太郎", "zz", "\U0001f600 smile"]  # fmt: skip
PARTS = ["a", "å", "öst", "%", "_", "\\", "smith", "SMITH", "иван", "σίσυφος", "neil", "名前", "名前 太",
         "\U0001f600", "example", "u1", "u12", "nobody.at.all", ".org", "'"]  # fmt: skip


def fold(text):
    return text.casefold().replace("ς", "σ")


# --- the people -----------------------------------------------------------------------------------


def drawn_person(draw, i):
    day = draw.randrange(40)
    return {
        "username": f"{draw.choice('uUxzAm')}.u{i}",
        "email": draw.choice([None, f"E{i}@Example.com", f"u{i}@sub.example.org"]),
        "name": draw.choice(NAMES),
        "age": draw.choice([None, 0, 17, 18, 40, 40, 41, 150, draw.randrange(150)]),
        "status": draw.choice(["active", "active", "disabled"]),
        "created_at": f"2021-01-{day % 28 + 1:02}T00:00:{day:02}.5Z",
    }


@pytest.fixture(scope="module")
def people(server, admin_grant):
    """Many, some of them deleted; the client of an admin, who is one of them too."""
    draw = random.Random(SEED)
    lines = [json.dumps(drawn_person(draw, i)) for i in range(PEOPLE)]
    run_cli("import", "-", "--database", server.database, folder=server.folder,
            stdin="\n".join(lines) + "\n")  # fmt: skip
    client = Client(server, admin_grant.token)
    for _ in range(60):
        client.delete(f"{PATH}/{draw.randrange(2, PEOPLE)}")
    yield client
    client.close()


def everybody(client):
    """By number, which needs neither filter nor cursor."""
    found, last = [], None
    while last is None or len(last) == 1000:
        query = f"limit=1000&offset={len(found)}&deleted=with"
        last = client.get(f"{PATH}?{query}").expect(200).json()["items"]
        found += last
    return found


# --- the model ------------------------------------------------------------------------------------


def has_part(user, part):
    texts = [fold(user[field]) for field in ("username", "email", "name") if user[field]]
    if len(part) < 3:
        return any(text.startswith(fold(part)) for text in texts)
    return any(fold(part) in text for text in texts)


FILTERS = {
    "q": has_part,
    "username": lambda user, value: fold(user["username"]) == fold(value),
    "email": lambda user, value: user["email"] is not None and fold(user["email"]) == fold(value),
    "role": lambda user, value: value in user["roles"],
    "status": lambda user, value: user["status"] == value,
    "min_age": lambda user, value: user["age"] is not None and user["age"] >= int(value),
    "max_age": lambda user, value: user["age"] is not None and user["age"] <= int(value),
    "created_after": lambda user, value: user["created_at"] > value,
    "created_before": lambda user, value: user["created_at"] < value,
}


def is_there(user, deleted):
    return {"only": bool(user["deleted_at"]), "with": True, None: not user["deleted_at"]}[deleted]


def sort_key(user, field):
    value = user[field]
    if field in ("username", "email", "name") and value is not None:
        value = fold(value).encode("utf-32-be")
    return (value is None, value)


class Keyed:
    """Compares by one field; what is missing comes last."""

    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        if self.value[0] or other.value[0]:
            return self.value[0] < other.value[0]
        return self.value[1] < other.value[1]


def expected(people, filters, sorts):
    """Those that match, in order: one stable sort a field, the last first."""
    deleted = filters.get("deleted")
    found = [
        user
        for user in people
        if is_there(user, deleted)
        and all(FILTERS[name](user, value) for name, value in filters.items() if name != "deleted")
    ]
    found.sort(key=lambda user: user["id"], reverse=sorts[-1].startswith("-"))
    for sort in reversed(sorts):
        # reverse=True keeps equals as they stand.
        field = sort.removeprefix("-")
        found.sort(key=lambda user: Keyed(sort_key(user, field)), reverse=sort.startswith("-"))
    return [user["id"] for user in found]


def drawn_filters(draw, people):
    somebody = draw.choice(people)
    choices = {
        "q": draw.choice(PARTS),
        "username": somebody["username"].swapcase(),
        "email": (somebody["email"] or "none@example.com").upper(),
        "role": draw.choice(["user", "admin", "no-such-role"]),
        "status": draw.choice(["active", "disabled"]),
        "min_age": str(draw.randrange(60)),
        "max_age": str(draw.randrange(151)),
        "created_after": somebody["created_at"],
        "created_before": somebody["created_at"],
        "deleted": draw.choice(["only", "with"]),
    }
    return {name: choices[name] for name in draw.sample(sorted(choices), draw.randrange(3))}


def drawn_sorts(draw):
    fields = draw.sample(FIELDS, draw.choice([1, 1, 1, 2, 3]))
    return [draw.choice(["", "-"]) + field for field in fields]


# --- lists ----------------------------------------------------------------------------------------


def walk(client, query, limit):
    """All pages by cursor, forward; each says the same total."""
    ids, totals, cursor = [], set(), None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = client.get(f"{PATH}?{query}&limit={limit}{more}").expect(200).json()
        ids += [user["id"] for user in page["items"]]
        totals.add(page["total"])
        cursor = page["next_cursor"]
        if cursor is None:
            return ids, totals


def query_of(filters, sorts):
    pairs = [f"{name}={quote(value, safe='')}" for name, value in filters.items()]
    return "&".join([*pairs, f"sort={','.join(sorts)}"])


def test_random_lists_are_as_the_model_says(people):
    draw = random.Random(SEED)
    everyone = everybody(people)
    assert len(everyone) == PEOPLE + 1
    sizes = set()
    for _ in range(LISTS):
        filters, sorts = drawn_filters(draw, everyone), drawn_sorts(draw)
        wanted = expected(everyone, filters, sorts)
        query = query_of(filters, sorts)
        walked, totals = walk(people, query, draw.choice([97, 250, 1000]))
        assert walked == wanted, query
        assert totals == {len(wanted)}, query
        offset = draw.randrange(len(wanted) + 2)
        page = people.get(f"{PATH}?{query}&limit=20&offset={offset}&count=false").expect(200).json()
        assert [user["id"] for user in page["items"]] == wanted[offset : offset + 20], query
        sizes.add(min(len(wanted), 101) // 50)
    assert sizes == {0, 1, 2}  # lists of few, of some and of many have been seen


@pytest.mark.parametrize("deleted", [None, "with", "only"])
def test_offsets_lead_anywhere(people, deleted):
    """Far ones too, whoever is deleted, by one field or several that many share."""
    draw = random.Random(f"{SEED} {deleted}")
    everyone = everybody(people)
    sorts = [[sign + field] for field in FIELDS for sign in ("", "-")]
    sorts += [["status", "-name"], ["-age", "name"], ["status", "age", "-email"], ["-name", "number"]]
    for fields in sorts:
        filters = {"deleted": deleted} if deleted else {}
        if draw.random() < 0.5:
            filters["status"] = "active"
        wanted = expected(everyone, filters, fields)
        query = query_of(filters, fields)
        far = draw.randrange(2 * len(wanted) // 3, len(wanted))
        for offset in (0, len(wanted) // 2, far, len(wanted) - 1, len(wanted)):
            answer = people.get(f"{PATH}?{query}&limit=20&offset={offset}").expect(200).json()
            got = [user["id"] for user in answer["items"]]
            assert got == wanted[offset : offset + 20], (query, offset)
            assert answer["total"] == len(wanted), query


# --- while rows come and go -----------------------------------------------------------------------


class Disturbance:
    """Adds, changes and deletes people between the pages of a walk."""

    def __init__(self, client, people, draw):
        self.client = client
        self.draw = draw
        self.staying = {user["id"]: user for user in people if user["username"] != "root"}
        self.numbers = count()

    def step(self, sort):
        name = f"{self.draw.choice('Abmz')}.new{next(self.numbers)}.{sort.strip('-')[:2]}"
        body = {"username": name, "name": self.draw.choice(NAMES) or None, "age": 40}
        self.client.post(PATH, body).expect(201)
        gone = self.draw.choice(sorted(self.staying))
        del self.staying[gone]
        self.client.delete(f"{PATH}/{gone}").expect(204)
        moved = self.draw.choice(sorted(self.staying))
        del self.staying[moved]
        self.client.patch(f"{PATH}/{moved}", {"age": 41, "name": "Moved"}).expect(200)


@pytest.mark.parametrize("field", FIELDS)
def test_walks_while_people_come_and_go(people, field):
    """Nobody who stays is met twice or left out; who moves by what is sorted by may be."""
    draw = random.Random(SEED)
    sort = draw.choice(["", "-"]) + field
    present = [user for user in everybody(people) if not user["deleted_at"]]
    disturbance = Disturbance(people, present, draw)
    order = expected(present, {}, [sort])
    met, cursor = [], None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = people.get(f"{PATH}?sort={sort}&limit=120&count=false{more}").expect(200).json()
        met += [user["id"] for user in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        disturbance.step(sort)
    stayed = [id for id in met if id in disturbance.staying]
    assert stayed == [id for id in order if id in disturbance.staying]
    if field in ("number", "username", "email", "created_at", "status"):  # nobody moved by these
        assert len(set(met)) == len(met)


@pytest.mark.parametrize("sort", ["price", "-price", "name,-price", "price,-name", "-updated_at"])
def test_walks_of_products_while_they_come_and_go(people, sort):
    draw = random.Random(SEED)
    path = "/v1/products"
    for _ in range(30):
        body = {"name": f"Thing {draw.randrange(9)}", "price": f"{draw.randrange(9)}.50"}
        people.post(path, body).expect(201)
    whole = people.get(f"{path}?sort={sort}&limit=1000").expect(200).json()["items"]
    order = [product["id"] for product in whole]
    staying, met, cursor = list(order), [], None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = people.get(f"{path}?sort={sort}&limit=7{more}").expect(200).json()
        met += [product["id"] for product in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        people.post(path, {"name": "Late", "price": f"{draw.randrange(9)}"}).expect(201)
        gone = staying.pop(draw.randrange(len(staying)))
        people.delete(f"{path}/{gone}").expect(204)
    assert len(set(met)) == len(met)
    assert [id for id in met if id in staying] == [id for id in order if id in staying]
