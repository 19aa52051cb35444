"""Three nodes on one database: what one acknowledged acts on the others within a second, and races
over nodes have one winner (DESIGN 3; issue: several nodes)."""

import pytest

import tokens
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from nodes import COUNT, OPTIONS, Person, lag_of, rounds, start_nodes
from parallel import together
from process import cli_user, make_user, run_cli
from waiting import NODE_BOUND_S, eventually

pytestmark = pytest.mark.concurrency

TIMES = rounds(3, 40)
TURNS = rounds(3, 40)  # of two last admins
LOCK_AFTER = 6
WRONG = "wrong password here"


@pytest.fixture(scope="module")
def nodes(start_module):
    options = {"LOGIN_LOCK_AFTER": LOCK_AFTER, "LOGIN_LOCK_FOR": "1h"}
    return start_nodes(start_module, options, admin=True)


@pytest.fixture
def root(nodes):
    person = Person(nodes).login(ADMIN, ADMIN_PASSWORD)
    yield person
    person.close()


def statuses_of(replies):
    return sorted(reply.status for reply in replies)


# --- within a second ------------------------------------------------------------------------------


def access_everywhere(nodes, token, path, status):
    """A probe a node: the token is answered so there."""
    clients = [Client(node, token) for node in nodes]
    return [lambda c=client: c.get(path).status == status for client in clients]


def log_out(person, _):
    person.at(0).post("/v1/auth/logout").expect(204)


def log_out_everywhere(person, _):
    Client(person.clients[0].server).login(person.user["username"]).post(
        "/v1/auth/logout?scope=global"
    ).expect(204)


def end_session(person, root):
    session_id = tokens.claims(person.token)["sid"]
    path = f"/v1/users/{person.user['id']}/sessions/{session_id}"
    root.at(0).delete(path).expect(204)


def disable(person, root):
    root.at(0).patch(f"/v1/users/{person.user['id']}", {"status": "disabled"}).expect(200)


def delete(person, root):
    root.at(0).delete(f"/v1/users/{person.user['id']}").expect(204)


def change_password(person, _):
    change = {"current_password": PASSWORD, "new_password": "quite another Velvet 31"}
    other = Client(person.clients[0].server).login(person.user["username"])
    other.post("/v1/auth/password", change).expect(204)


def disable_by_command(person, _):
    cli_user(person.clients[0].server, "disable", person.user["id"])


ENDS = [
    log_out,
    log_out_everywhere,
    end_session,
    disable,
    delete,
    change_password,
    disable_by_command,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_an_end_is_the_end_everywhere(nodes, root, measured, end):
    """T18, T19: from the answer of one node on, the others let no token through for longer than a
    second; the refresh token is dead at once."""
    worst = 0.0
    for _ in range(TIMES):
        person = Person(nodes).signup()
        probes = access_everywhere(nodes, person.token, "/v1/users/me", 200)
        worst = max(worst, lag_of(lambda p=person: end(p, root), probes))
        for index in range(COUNT):
            person.at(index).me().expect(401, "invalid_token")
            person.at(index).try_refresh().expect(401, "invalid_grant")
        person.close()
    measured("the others refuse after", worst)
    assert worst <= NODE_BOUND_S


def give_role(root, person, roles):
    root.at(0).put(f"/v1/users/{person.user['id']}/roles", {"roles": roles}).expect(200)


def test_roles_change_everywhere(nodes, root, measured):
    """T20: a role given and taken on one node; the same token may, and may not, on the others."""
    given, taken = 0.0, 0.0
    for _ in range(TIMES):
        person = Person(nodes).signup()
        may_not = access_everywhere(nodes[1:], person.token, "/v1/users", 403)
        give = lag_of(lambda p=person: give_role(root, p, ["user", "admin"]), may_not)
        may = access_everywhere(nodes[1:], person.token, "/v1/users", 200)
        take = lag_of(lambda p=person: give_role(root, p, ["user"]), may)
        given, taken = max(given, give), max(taken, take)
    measured("a role acts on the others after", given)
    measured("a role taken away acts on the others after", taken)
    assert max(given, taken) <= NODE_BOUND_S


def test_permissions_change_everywhere(nodes, root, measured):
    """What a role grants is changed on one node: all who hold it may no more on the others."""
    worst = 0.0
    role = {"name": fresh_name("readers"), "permissions": ["users:read"]}
    path = f"/v1/roles/{role['name']}"
    root.at(0).post("/v1/roles", role).expect(201)
    person = Person(nodes).signup()
    give_role(root, person, [role["name"]])
    for _ in range(TIMES):
        for permissions, before in (([], 200), (["users:read"], 403)):
            probes = access_everywhere(nodes[1:], person.token, "/v1/users", before)
            for probe in probes:
                eventually(probe)

            def change(permissions=permissions):
                root.at(0).put(path, {"permissions": permissions}).expect(200)

            worst = max(worst, lag_of(change, probes))
    measured("a role's permissions act on the others after", worst)
    assert worst <= NODE_BOUND_S


def keys_command(node, *words):
    name, *operands = words
    command = ["keys", name, "--database", node.database, "--", *operands]
    return run_cli(*command, folder=node.folder).stdout.strip()


def published(node):
    client = Client(node)
    keys = client.get("/.well-known/jwks.json").expect(200).json()["keys"]
    client.close()
    return {key["kid"] for key in keys}


def test_keys_change_everywhere(nodes, measured):
    """T24: a new key is published everywhere within a second; one that is retired opens no door."""
    new, old = 0.0, 0.0
    for _ in range(rounds(2, 10)):
        person = Person(nodes).signup()
        old_id = tokens.header(person.token)["kid"]
        known = published(nodes[0])
        probes = [lambda n=node: published(n) == known for node in nodes]
        new = max(new, lag_of(lambda: keys_command(nodes[0], "rotate"), probes))
        probes = access_everywhere(nodes, person.token, "/v1/users/me", 200)
        old = max(old, lag_of(lambda k=old_id: keys_command(nodes[0], "retire", k), probes))
        for index in range(COUNT):
            assert old_id not in published(nodes[index])
            person.refresh(index)  # by a key that is good: the session goes on
            person.at(index + 1).me().expect(200)
        person.close()
    measured("a new key is published after", new)
    measured("a retired key is refused after", old)
    assert max(new, old) <= NODE_BOUND_S


def test_a_login_is_good_where_it_was_made(nodes, root):
    """Who is enabled, restored, or given a role at one node and then logs in at another, may come in
    there at once, and does not wait for that node to hear of it."""
    for turn in range(TIMES):
        node = nodes[1 + turn % 2]
        user = Person(nodes).signup().user
        path = f"/v1/users/{user['id']}"
        for away, back in (
            (lambda p=path: root.at(0).patch(p, {"status": "disabled"}).expect(200),
             lambda p=path: root.at(0).patch(p, {"status": "active"}).expect(200)),
            (lambda p=path: root.at(0).delete(p).expect(204),
             lambda p=path: root.at(0).post(f"{p}/restore").expect(200)),
        ):  # fmt: skip
            old = Client(node).login(user["username"])
            away()
            eventually(lambda c=old: c.me().status == 401, NODE_BOUND_S)  # it knows of that
            back()
            client = Client(node).login(user["username"])
            client.me().expect(200)
            client.refresh()
        for roles, status in ((["user", "admin"], 200), (["user"], 403), (["admin"], 200)):
            root.at(0).put(f"{path}/roles", {"roles": roles}).expect(200)
            client = Client(node).login(user["username"])
            client.get("/v1/users").expect(status)


# --- settings that must agree --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, value",
    [
        ("ISSUER", "https://elsewhere.example.com"),
        ("AUDIENCE", "others"),
        ("ACCESS_TOKEN_LIFETIME", "10m"),
    ],
)
def test_nodes_that_disagree_are_noticed(start, name, value):
    """Tokens of the one are none to the other, which says why: once, not for each of them."""
    (one,) = start_nodes(start, count=1)
    other = start.second(one, **OPTIONS, **{name: value})
    person = Person([one, other]).signup()
    person.at(0).me().expect(200)
    for _ in range(3):
        person.at(1).me().expect(401, "invalid_token")
    record = other.wait_event("nodes_disagree")
    assert (record["level"], record["about"]) == ("warning", name)
    person.refresh(1)  # what the database decides is decided alike
    person.at(1).me().expect(200)
    for node, times in ((one, 0), (other, 1)):
        Client(node).me(token="junk").expect(401)
        told = [r for r in node.records() if r.get("event") == "nodes_disagree"]
        assert len(told) == times


def test_a_node_whose_clock_is_wrong_is_noticed(start):
    """A token that our own key signed, and which begins in more than 30 s (the leeway): a node ahead of
    the others made it."""
    (node,) = start_nodes(start, count=1)
    person = Person([node]).signup()
    sign = tokens.signer(tokens.stored_key(node.database))
    head, claims = tokens.header(person.token), tokens.claims(person.token)
    for ahead_s, status in ((20, 200), (60, 401)):
        made = {**claims, "iat": claims["iat"] + ahead_s, "exp": claims["exp"] + ahead_s}
        Client(node).me(token=tokens.assemble(head, made, sign)).expect(status)
    assert node.wait_event("nodes_disagree")["about"] == "clock"


# --- refresh --------------------------------------------------------------------------------------


def refresh_at_once(person, each=1):
    """The token they have, presented at every node at once, each so many times."""
    grant = person.grant

    def refresh(index):
        client = Client(person.clients[index % COUNT].server)
        reply = client.try_refresh(grant["refresh_token"])
        client.close()
        return reply

    return together(COUNT * each, refresh)


def test_one_successor(nodes):
    """R03, ADR 0008: one token at three nodes at once gets the same successor everywhere, and the
    chain goes on from there: there are never two."""
    person = Person(nodes).signup()
    seen = {person.grant["refresh_token"]}
    for _ in range(rounds(15, 200)):
        replies = refresh_at_once(person, each=2)
        assert statuses_of(replies) == [200] * len(replies)
        grants = [reply.json() for reply in replies]
        successors = {grant["refresh_token"] for grant in grants}
        assert len(successors) == 1 and not successors & seen
        seen |= successors
        person.grant = grants[-1]
    for index in range(COUNT):
        sessions = person.at(index).get("/v1/auth/sessions").expect(200).json()["items"]
        assert [session["current"] for session in sessions] == [True]
        for grant in grants:  # of the same session: all of them are good
            person.at(index).me(token=grant["access_token"]).expect(200)
    person.refresh(0)


def test_reuse_is_noticed_by_any_node(nodes):
    """R02: a token two steps behind, presented where nobody has seen it before, ends the session."""
    for _ in range(TIMES):
        person = Person(nodes).signup()
        other = Person(nodes).login(person.user["username"], PASSWORD, index=1)
        first = person.grant["refresh_token"]
        person.refresh(0)
        person.refresh(1)
        person.at(2).try_refresh(first).expect(401, "invalid_grant")
        person.at(2).me().expect(401, "invalid_token")
        for index in range(COUNT):
            person.at(index).try_refresh().expect(401, "invalid_grant")
            client = person.at(index)
            eventually(lambda c=client: c.me().status == 401, NODE_BOUND_S)
            other.at(index).me().expect(200)
        other.refresh(2)


def test_without_grace_one_gets_through(start):
    """R01, R03: REFRESH_GRACE=0: the second to come is reuse, on whichever node; no line lives on."""
    nodes = start_nodes(start, {"REFRESH_GRACE": "0s"})
    for _ in range(rounds(6, 60)):
        person = Person(nodes).signup()
        replies = refresh_at_once(person)
        assert statuses_of(replies) == [200] + [401] * (COUNT - 1)
        (good,) = [reply.json() for reply in replies if reply.status == 200]
        for index in range(COUNT):
            person.at(index).try_refresh(good["refresh_token"]).expect(401, "invalid_grant")
            client = person.at(index)
            eventually(lambda c=client: c.me(token=good["access_token"]).status == 401, NODE_BOUND_S)


# --- the last admin -------------------------------------------------------------------------------


def demote(client, user_id):
    return client.put(f"/v1/users/{user_id}/roles", {"roles": ["user"]})


def disable_user(client, user_id):
    return client.patch(f"/v1/users/{user_id}", {"status": "disabled"})


def delete_user(client, user_id):
    return client.delete(f"/v1/users/{user_id}")


class Admins:
    """The only two admins there are, each at a node of their own."""

    def __init__(self, start):
        self.nodes = start_nodes(start, count=2)
        for index in range(2):
            make_user(self.nodes[0], f"admin-{index}", PASSWORD, role="admin")

    def login(self):
        return [Client(node).login(f"admin-{index}") for index, node in enumerate(self.nodes)]

    def put_right(self, clients):
        """Asserts that one of them is left, alone, who then makes the other one an admin again."""

        def alone():
            left = [client for client in clients if client.get("/v1/users").status == 200]
            return left[0] if len(left) == 1 else None

        admin = eventually(alone, NODE_BOUND_S, "there is not one admin")
        query = "/v1/users?role=admin&status=active"
        assert admin.get(query).expect(200).json()["total"] == 1
        for user in [client.user for client in clients if client is not admin]:
            path = f"/v1/users/{user['id']}"
            if admin.get(path).status == 404:
                admin.post(f"{path}/restore").expect(200)
            admin.patch(path, {"status": "active"}).expect(200)
            admin.put(f"{path}/roles", {"roles": ["admin"]}).expect(200)


@pytest.fixture
def admins(start):
    return Admins(start)


def test_the_last_admin_stays(admins):
    """Two admins on two nodes leave at once: one may, the other is the last and stays; as often as it
    is tried."""
    answers = []
    for _ in range(TURNS):
        clients = admins.login()
        replies = together(2, lambda i, c=clients: delete_user(c[i], c[i].user["id"]))
        answers += [reply.code if reply.body else reply.status for reply in replies]
        admins.put_right(clients)
    assert (answers.count(204), answers.count("last_admin")) == (TURNS, TURNS), set(answers)


@pytest.mark.parametrize("remove", [demote, disable_user, delete_user], ids=lambda r: r.__name__)
def test_two_admins_remove_each_other(admins, remove):
    """Whoever comes second has no right any more, or is refused."""
    for _ in range(TURNS):
        clients = admins.login()
        replies = together(2, lambda i, c=clients: remove(c[i], c[1 - i].user["id"]))
        good = [reply for reply in replies if reply.status < 300]
        assert len(good) == 1, [(reply.status, reply.body) for reply in replies]
        assert {reply.status for reply in replies} - {200, 204} <= {401, 403, 409}
        admins.put_right(clients)


def test_two_commands_disable_the_last_two(admins):
    """The command line is one more process on the database."""
    for _ in range(TURNS):
        clients = admins.login()
        done = together(
            2, lambda i, c=clients: cli_user(c[i].server, "disable", c[i].user["id"], status=None)
        )
        assert sorted(each.returncode for each in done) == [0, 1], [d.stderr for d in done]
        assert any("one active admin" in each.stderr for each in done), [d.stderr for d in done]
        admins.put_right(clients)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["username_taken", "email_taken"])
def test_a_name_is_given_once(nodes, what):
    """J08: the same name, or the same address, on three nodes at once, in three spellings."""
    spellings = (str.lower, str.upper, str.title)
    made = refused = 0
    for _ in range(rounds(6, 100)):
        name = fresh_name("unique")

        def signup(index, name=name):
            spelt = spellings[index % COUNT](name)
            other = fresh_name("other")
            same_name = {"username": spelt, "email": f"{other}@example.com"}
            same_email = {"username": other, "email": f"{spelt}@example.com"}
            body = same_name if what == "username_taken" else same_email
            client = Client(nodes[index % COUNT])
            reply = client.post("/v1/auth/signup", {**body, "password": PASSWORD})
            client.close()
            return reply

        replies = together(COUNT, signup)
        assert statuses_of(replies) == [201] + [409] * (COUNT - 1)
        made += 1
        refused += sum(reply.code_is(what) for reply in replies)
    assert refused == made * (COUNT - 1)


# --- locks ----------------------------------------------------------------------------------------


def assert_locked_everywhere(nodes, name):
    """The right password too, on every node."""
    for node in nodes:
        reply = Client(node).try_login(name).expect(429, "locked")
        assert 1 <= int(reply.headers["Retry-After"]) <= 3600


def test_failures_count_together(nodes):
    """E04, E06: failures at one node after the other; the limit is that of all nodes together."""
    name = Person(nodes).signup().user["username"]
    for index in range(LOCK_AFTER):
        Client(nodes[index % COUNT]).try_login(name, WRONG).expect(401)
    assert_locked_everywhere(nodes, name)


def test_failures_at_once_count_together(nodes):
    """E05: many at once on all nodes: no more than the limit are evaluated."""
    for _ in range(rounds(2, 20)):
        name = Person(nodes).signup().user["username"]

        def guess(index, name=name):
            client = Client(nodes[index % COUNT])
            reply = client.try_login(name, WRONG)
            client.close()
            return reply

        statuses = statuses_of(together(8 * COUNT, guess))
        assert set(statuses) == {401, 429}
        assert statuses.count(401) == LOCK_AFTER
        assert_locked_everywhere(nodes, name)


def test_a_good_login_anywhere_sets_back(nodes):
    """E11: failures at two nodes, the right password at the third: all begin at nothing."""
    name = Person(nodes).signup().user["username"]
    for _ in range(2):
        for index in range(LOCK_AFTER - 1):
            Client(nodes[index % 2]).try_login(name, WRONG).expect(401)
        Client(nodes[2]).try_login(name).expect(200)
