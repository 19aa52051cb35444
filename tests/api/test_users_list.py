"""The list of users: filters, sorts, cursors, links (Q01 to Q06); the model is in the store's tests."""

import re
import time
from urllib.parse import quote

import pytest

from client import PASSWORD, Client
from process import PATIENCE

PATH = "/v1/users"
LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')
SORTS = [
    "number", "username", "email", "name", "age", "created_at", "updated_at", "last_login_at",
    "status",
]  # fmt: skip
PEOPLE = [
    {"username": "anna.list", "name": "Åsa Öst", "age": 30, "email": "anna.list@example.com"},
    {"username": "bert.list", "name": "åsa ost", "age": 40, "email": None},
    {"username": "carl.list", "name": "100%_\\", "age": 40, "email": "Carl.List@example.org"},
    {"username": "dora.list", "name": None, "age": None, "email": "dora.list@example.com"},
    {"username": "emil.list", "name": "Иван", "age": 20, "email": "emil.list@example.com"},
]


@pytest.fixture(scope="module")
def people(server, admin_grant):
    client = Client(server, admin_grant.token)
    for person in PEOPLE:
        client.post(PATH, {**person, "password": PASSWORD}).expect(201)
    disabled = client.get(f"{PATH}/emil.list").expect(200).json()["id"]
    client.patch(f"{PATH}/{disabled}", {"status": "disabled"}).expect(200)
    client.post(PATH, {"username": "gone.list", "age": 77}).expect(201)
    client.delete(f"{PATH}/gone.list").expect(204)
    yield client
    client.close()


def names(client, query):
    reply = client.get(f"{PATH}?{query}").expect(200)
    found = [item["username"] for item in reply.json()["items"]]
    assert reply.json()["total"] == len(found)
    return [name.removesuffix(".list") for name in found if name.endswith(".list")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=.LIST", ["anna", "bert", "carl", "dora", "emil"]),
        ("q=" + quote("ÅSA"), ["anna", "bert"]),
        ("q=" + quote("öst"), ["anna"]),
        ("q=" + quote("иВАН"), ["emil"]),
        ("q=" + quote("%_\\"), ["carl"]),
        ("q=" + quote("0%_"), ["carl"]),
        ("q=___", []),
        ("q=%25%25%25", []),
        ("q=an", ["anna"]),
        ("q=" + quote("Å"), ["anna", "bert"]),
        ("q=ert.l", ["bert"]),
        ("q=list%0A", []),
        ("q=", ["anna", "bert", "carl", "dora", "emil"]),
        ("username=ANNA.list", ["anna"]),
        ("username=anna", []),
        ("email=carl.list%40EXAMPLE.org", ["carl"]),
        ("email=carl", []),
        ("status=disabled", ["emil"]),
        ("min_age=40", ["bert", "carl"]),
        ("max_age=30&min_age=25", ["anna"]),
        ("role=nothing", []),
        ("role=user&q=emil.", ["emil"]),
        ("deleted=only", ["gone"]),
        ("deleted=with&min_age=40", ["bert", "carl", "gone"]),
        ("q=.list&deleted=only", ["gone"]),
        ("created_after=2999-01-01T00:00:00Z", []),
        ("created_before=2000-01-01T00:00:00%2B01:00", []),
        ("q=.list&sort=age,-username", ["emil", "anna", "carl", "bert", "dora"]),
        ("q=.list&sort=-age", ["dora", "carl", "bert", "anna", "emil"]),
        ("q=.list&sort=name", ["carl", "bert", "anna", "emil", "dora"]),
        ("q=.list&sort=-email", ["bert", "emil", "dora", "carl", "anna"]),
        ("q=.list&sort=-status,username", ["emil", "anna", "bert", "carl", "dora"]),
    ],
)
def test_filters_and_sorts(people, query, expected):
    assert names(people, query) == expected


def test_created_range(people):
    at = people.get(f"{PATH}/carl.list").expect(200).json()["created_at"]
    assert "carl" not in names(people, f"created_after={at}")
    assert "carl" not in names(people, f"created_before={at}")
    assert "emil" in names(people, f"created_after={at}")
    assert "anna" in names(people, f"created_before={at}")


@pytest.mark.parametrize(
    "query",
    [
        "sort=password_hash", "sort=password", "sort=epoch", "sort=", "sort=number,", "sort=--age",
        "sort=age,-age", "sort=id;drop", "sort=(select%201)", "status=deleted", "deleted=yes",
        "min_age=-1", "max_age=151", "min_age=x", "created_after=yesterday",
        "created_before=2026-02-30T00:00:00Z", "count=1", "q=a&q=b", "sort=age&sort=name",
        "q[]=a", "limit=10&cursor=", "offset=1&cursor=x", "q=" + "a" * 201,
    ],
)  # fmt: skip
def test_refused(people, query):
    """Q01, Q04, Q05, Q06."""
    reply = people.get(f"{PATH}?{query}")
    assert reply.status in (400, 422), reply.body


def walk(client, query):
    items, cursor = [], None
    while True:
        page = client.get(f"{PATH}?{query}" + (f"&cursor={cursor}" if cursor else "")).expect(200)
        items += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return items


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_cursors_walk_all(people, sort, sign):
    whole = people.get(f"{PATH}?limit=1000&sort={sign}{sort}&deleted=with").expect(200).json()
    walked = walk(people, f"limit=2&sort={sign}{sort}&deleted=with")
    assert [u["id"] for u in walked] == [u["id"] for u in whole["items"]]
    assert len(walked) == whole["total"]


def links_of(reply):
    return {rel: target for target, rel in LINK.findall(reply.headers.get("Link", ""))}


@pytest.mark.parametrize("start", ["", "&offset=0"])
def test_links_lead_everywhere(people, start):
    query = f"{PATH}?limit=2&q=.list&sort=-username{start}"
    first = people.get(query).expect(200)
    assert set(links_of(first)) == {"first", "next", "last"}
    second = people.get(links_of(first)["next"]).expect(200)
    assert [u["username"] for u in second.json()["items"]] == ["carl.list", "bert.list"]
    assert set(links_of(second)) == {"first", "next", "prev", "last"}
    back = people.get(links_of(second)["prev"]).expect(200)
    assert back.json()["items"] == first.json()["items"]
    assert people.get(links_of(second)["first"]).expect(200).json()["items"] == (
        first.json()["items"]
    )
    last = people.get(links_of(first)["last"]).expect(200)
    assert last.json()["items"][-1]["username"] == "anna.list"
    assert "next" not in links_of(last)
    assert "prev" in links_of(last)


def test_links_keep_the_query_and_nothing_else(people):
    reply = people.get(f"{PATH}?q=%22%3E%0d%0aX:%201&limit=2&access_token=zzz").expect(200)
    link = reply.headers["Link"]
    assert "%22%3E%0d%0aX:%201" in link
    assert "zzz" not in link
    assert "X" not in reply.headers


def test_not_counted(people):
    reply = people.get(f"{PATH}?count=false&limit=2").expect(200)
    assert reply.json()["total"] is None
    assert "X-Total-Count" not in reply.headers
    assert "last" not in links_of(reply)
    assert reply.json()["next_cursor"]
    assert people.get(f"{PATH}?count=true").expect(200).headers["X-Total-Count"]


def test_foreign_cursors(people, start_module):
    """Q04: bound to sort, filters and this service's secret; any change is refused."""
    query = "limit=2&sort=name&q=.list"
    cursor = people.get(f"{PATH}?{query}").expect(200).json()["next_cursor"]
    people.get(f"{PATH}?{query}&cursor={cursor}").expect(200)
    people.get(f"{PATH}?limit=3&count=false&sort=name&q=.list&cursor={cursor}").expect(200)
    for other in ("sort=name", "sort=-name&q=.list", "sort=name&q=.lis", "sort=name,age&q=.list",
                  "sort=name&q=.list&deleted=with", "sort=name&q=.list&status=active"):  # fmt: skip
        people.get(f"{PATH}?{other}&cursor={cursor}").expect(400, "invalid_cursor")
    for at in range(0, len(cursor), 3):
        altered = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        people.get(f"{PATH}?{query}&cursor={altered}").expect(400, "invalid_cursor")
    for junk in ("x", "AQE", "%20", cursor[:-1], cursor + "A", "A" * 2756):
        people.get(f"{PATH}?{query}&cursor={junk}").expect(400, "invalid_cursor")
    people.get(f"{PATH}?{query}&cursor={'A' * 2757}").expect(422)


def test_changes_are_found_at_once(people):
    made = people.post(PATH, {"username": "late.list", "name": "Zebra One"}).expect(201).json()
    assert names(people, "q=zebra") == ["late"]
    people.patch(f"{PATH}/{made['id']}", {"name": "Giraffe"}).expect(200)
    assert names(people, "q=zebra") == []
    assert names(people, "q=giraffe&sort=name") == ["late"]
    people.delete(f"{PATH}/{made['id']}").expect(204)
    assert names(people, "q=giraffe") == []
    assert names(people, "q=giraffe&deleted=only") == ["late"]


def test_long_and_odd_searches_are_fast(people):
    """Q03."""
    for text in ("(a+)+$", ".*", '"', '""', "'", "NEAR(", "a AND", "*", "a" * 200, "^x", "-", ":"):
        began = time.monotonic()
        people.get(f"{PATH}?q={quote(text)}").expect(200)
        assert time.monotonic() - began < 1 * PATIENCE
