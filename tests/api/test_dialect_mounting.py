"""Where dialects are mounted, and what is around them."""

import itertools
import json

import pytest

import profiles
import recorder
from client import PASSWORD, Client, raw_exchange, raw_replies
from dialects import Mounted, expect_refusal
from process import run_cli

NAMES = recorder.dialects()
NATIVE_404 = "application/problem+json"
PREFIXES = {name: f"/d{number}/at" for number, name in enumerate(NAMES)}


def works(server, name, prefix):
    """Somebody of the native API logs in through the dialect there, is alive, logs out."""
    place = Mounted(server, name, prefix)
    person = place.person()
    path, how = profiles.of(name).LOGIN
    client = place.client()
    client.token = client.post(path, **how(person.user, PASSWORD)).expect(200).json()["access_token"]
    method, alive = profiles.of(name).ALIVE
    assert client.request(method, alive).status != 401
    if profiles.of(name).LOGOUT is None:
        place.native(client.token).post("/v1/auth/logout").expect(204)
    else:
        client.post(profiles.of(name).LOGOUT).expect(200)
    assert client.request(method, alive).status == 401
    client.close()


# --- ways to say it -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_at_the_root(start, name):
    works(start(dialects=[name]), name, "")


@pytest.mark.parametrize("given, prefix", [("/legacy", "/legacy"), ("/legacy/", "/legacy"),
                                           ("/a/b-c_D/9", "/a/b-c_D/9"), ("/", ""),
                                           ("/v10", "/v10"), ("/healthy", "/healthy")])  # fmt: skip
def test_at_a_prefix(start, given, prefix):
    works(start(dialects=[f"{NAMES[0]}={given}"]), NAMES[0], prefix)


def test_all_at_prefixes_of_their_own(start):
    server = start(dialects=[f"{name}={prefix}" for name, prefix in PREFIXES.items()])
    for name, prefix in PREFIXES.items():
        works(server, name, prefix)


def test_one_at_the_root_others_below(start):
    first, *others = NAMES
    mounts = [first] + [f"{name}={PREFIXES[name]}" for name in others]
    server = start(dialects=mounts)
    works(server, first, "")
    for name in others:
        works(server, name, PREFIXES[name])


def test_one_below_another(start):
    """The longer prefix has its say first."""
    server = start(dialects=[f"{NAMES[0]}=/a", f"{NAMES[1]}=/a/b"])
    works(server, NAMES[0], "/a")
    works(server, NAMES[1], "/a/b")


def test_by_the_environment(start):
    listed = ",".join(f"{name}={prefix}" for name, prefix in PREFIXES.items())
    server = start(environment={"LATCHKEY_DIALECT": f" {listed.replace(',', ' , ')} "})
    for name, prefix in PREFIXES.items():
        works(server, name, prefix)


def test_by_a_dotenv_file(start, tmp_path):
    (tmp_path / ".env").write_text(f"LATCHKEY_DIALECT={NAMES[0]}=/here,{NAMES[1]}\n")
    server = start(folder=tmp_path)
    works(server, NAMES[0], "/here")
    works(server, NAMES[1], "")


def test_flags_win_over_the_environment(start):
    """All of them: a list is not added to."""
    server = start(dialects=[NAMES[0]], environment={"LATCHKEY_DIALECT": f"{NAMES[1]}=/other"})
    works(server, NAMES[0], "")
    expect_refusal(Client(server).get("/other/no-such-path"), 404)


# --- ways to say it wrong -------------------------------------------------------------------------


def refused(folder, *mounts, environment=None):
    """Exit status 2, one line, nothing made."""
    flags = [word for mount in mounts for word in ("--dialect", mount)]
    done = run_cli(
        "serve", "--listen", "127.0.0.1:0", *flags, folder=folder, environment=environment, status=2
    )
    (line,) = done.stderr.strip().splitlines()
    assert not list(folder.iterdir()), "something was made before the refusal"
    return line


def shared_route(first, second):
    """A route of both, without the names of parameters; None when they go together."""

    def routes(name):
        for method, path in recorder.document(name).operations:
            parts = ["{}" if part.startswith("{") else part for part in path.strip("/").split("/")]
            yield method, "/".join(parts)

    return next(iter(sorted(set(routes(first)) & set(routes(second)))), None)


@pytest.mark.parametrize("pair", itertools.combinations(NAMES, 2), ids="+".join)
@pytest.mark.parametrize("prefix", ["", "/same"])
def test_clash(start, tmp_path, pair, prefix):
    """Both are named, and the way out is; where they do not clash, they work together."""
    mounts = [f"{name}={prefix}" if prefix else name for name in pair]
    if shared_route(*pair) is None:
        server = start(dialects=mounts)
        assert Client(server).get("/health/live").status == 200
        return
    line = refused(tmp_path, *mounts)
    assert pair[0] in line and pair[1] in line and "clash" in line
    assert "NAME=/prefix" in line


@pytest.mark.parametrize(
    "mounts, named",
    [
        (["no-such-dialect"], NAMES[0]),
        (["no-such-dialect=/x"], "no-such-dialect"),
        ([NAMES[0].upper()], NAMES[0].upper()),
        ([f"{NAMES[0]}-"], f"{NAMES[0]}-"),
        (["native"], "native"),
        ([NAMES[0], NAMES[0]], "twice"),
        ([f"{NAMES[0]}=/a", f"{NAMES[0]}=/b"], "twice"),
        ([f"{NAMES[0]}=/v1"], "/v1"),
        ([f"{NAMES[0]}=/v1/"], "/v1"),
        ([f"{NAMES[0]}=/v1/x"], "/v1/x"),
        ([f"{NAMES[0]}=/oauth"], "/oauth"),
        ([f"{NAMES[0]}=/health"], "/health"),
        ([f"{NAMES[0]}=/metrics"], "/metrics"),
        ([f"{NAMES[0]}=/docs"], "/docs"),
        ([f"{NAMES[0]}=/redoc/x"], "/redoc/x"),
        ([f"{NAMES[0]}=/openapi"], "/openapi"),
        ([f"{NAMES[0]}=legacy"], "legacy"),
        ([f"{NAMES[0]}="], "letters"),
        ([f"{NAMES[0]}=//x"], "//x"),
        ([f"{NAMES[0]}=/a//b"], "/a//b"),
        ([f"{NAMES[0]}=/a/../v1"], "/a/../v1"),
        ([f"{NAMES[0]}=/{{x}}"], "{x}"),
        ([f"{NAMES[0]}=/a%2fb"], "/a%2fb"),
        ([f"{NAMES[0]}=/.well-known"], "/.well-known"),
        ([f"{NAMES[0]}=/a=/b"], "/a=/b"),
        (["=/x"], "=/x"),
    ],
)
def test_wrong_mounts(tmp_path, mounts, named):
    line = refused(tmp_path, *mounts)
    assert "--dialect" in line and named in line


def test_wrong_mounts_by_the_environment(tmp_path):
    line = refused(tmp_path, environment={"LATCHKEY_DIALECT": f"{NAMES[0]}=/v1"})
    assert line.startswith("latchkey: LATCHKEY_DIALECT: ")


# --- around them ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def root(start_module):
    """A server with a dialect at /."""
    return start_module(dialects=[NAMES[0]])


@pytest.fixture(scope="module")
def below(start_module):
    """A server with a dialect at /legacy."""
    return start_module(dialects=[f"{NAMES[0]}=/legacy"])


def test_native_stays_where_it_is(root):
    """DIALECTS: with a dialect at `/`, the native API stays under /v1."""
    client = Client(root).signup()
    client.me().expect(200)
    client.refresh()
    client.post("/v1/auth/logout").expect(204)
    client.get("/.well-known/jwks.json").expect(200)
    client.get("/health/ready").expect(200)


@pytest.mark.parametrize(
    "path, native",
    [("/v1/nowhere", True), ("/v1", True), ("/oauth/nowhere", True), ("/health/x", True),
     ("/.well-known/nothing", True), ("/docs/nothing", True), ("/openapi/nothing.json", True),
     ("/nowhere", False), ("/v1x", False), ("/v10/auth/login", False),
     ("/openapi.jsonx", False), ("/favicon.ico", False)],
)  # fmt: skip
def test_nowhere_at_the_root(root, path, native):
    """Problem documents inside native paths, FastAPI's form outside."""
    reply = Client(root).get(path).expect(404)
    if native:
        assert reply.headers["Content-Type"].startswith(NATIVE_404)
    else:
        expect_refusal(reply, 404, "Not Found")


@pytest.mark.parametrize(
    "path, native",
    [("/legacy", False), ("/legacy/", False), ("/legacy/nowhere", False), ("/legacy/v1", False),
     ("/legacyx", True), ("/nowhere", True), ("/auth/login", True),
     ("/Legacy/auth/login", True), ("/x/legacy", True)],
)  # fmt: skip
def test_nowhere_around_a_prefix(below, path, native):
    reply = Client(below).get(path).expect(404)
    if native:
        assert reply.headers["Content-Type"].startswith(NATIVE_404)
    else:
        expect_refusal(reply, 404, "Not Found")


def test_other_methods(root, below):
    """405 likewise, with Allow."""
    profile = profiles.of(NAMES[0])
    for server, prefix in ((root, ""), (below, "/legacy")):
        client = Client(server)
        reply = client.request("PATCH", prefix + profile.LOGIN[0])
        expect_refusal(reply, 405, "Method Not Allowed")
        assert reply.headers["Allow"] == "OPTIONS, POST"
        reply = client.request("PATCH", "/v1/auth/login").expect(405, "method_not_allowed")
        assert reply.headers["Allow"] == "OPTIONS, POST"
        client.request("BREW", prefix + profile.LOGIN[0])
        expect_refusal(client.request("BREW", prefix + "/x"), client.request("BREW", "/x").status)


def front_refusals(path):
    """What is refused before a row is looked for: bytes, and the status."""
    host = b"Host: x\r\nConnection: close\r\n"
    yield 400, f"GET {path}?a=%zz HTTP/1.1\r\n".encode() + host + b"\r\n"
    yield 400, f"GET {path}/..%2fx HTTP/1.1\r\n".encode() + host + b"\r\n"
    yield 400, f"GET {path} HTTP/1.1\r\n".encode() + host + b"Transfer-Encoding: gzip\r\n\r\n"
    yield 413, f"POST {path} HTTP/1.1\r\n".encode() + host + b"Content-Length: 9999999\r\n\r\n"
    yield 414, f"GET {path}?{'a' * 9000} HTTP/1.1\r\n".encode() + host + b"\r\n"
    yield 417, f"POST {path} HTTP/1.1\r\n".encode() + host + b"Expect: x\r\n\r\n"


@pytest.mark.parametrize("path, native", [("/v1/users", True), ("/users", False), ("/", False)])
def test_refusals_of_the_front(root, path, native):
    """Too large, unreadable: in the form of whose path it is."""
    for status, data in front_refusals(path):
        ((found, headers, body),) = raw_replies(raw_exchange(root, data))
        assert found == status, (data, body)
        told = json.loads(body)
        if native:
            assert headers["content-type"] == NATIVE_404 and told["status"] == status
        else:
            assert headers["content-type"].startswith("application/json") and set(told) == {"detail"}


def test_absolute_form(root):
    """A target with a host is of the same place."""
    data = f"GET http://{root.address}/nowhere HTTP/1.1\r\nHost: {root.address}\r\n"
    reply = raw_exchange(root, (data + "Connection: close\r\n\r\n").encode())
    ((status, _, body),) = raw_replies(reply)
    assert (status, json.loads(body)) == (404, {"detail": "Not Found"})


# --- HEAD, OPTIONS, CORS --------------------------------------------------------------------------

ORIGIN = "https://app.example.com"


@pytest.fixture(scope="module")
def shared(start_module):
    """A server with every dialect, for a page from elsewhere."""
    mounts = [f"{name}={prefix}" for name, prefix in PREFIXES.items()]
    return start_module(options={"CORS_ORIGINS": ORIGIN}, admin=True, dialects=mounts)


@pytest.mark.parametrize("name", NAMES)
def test_preflight(shared, name):
    """X03: the one origin may, no other."""
    client = Client(shared, prefix=PREFIXES[name])
    asked = {"Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization,content-type"
    path = profiles.of(name).LOGIN[0]
    reply = client.request("OPTIONS", path, headers={"Origin": ORIGIN, **asked})
    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]
    assert "authorization" in reply.headers["Access-Control-Allow-Headers"].lower()
    for origin in ("https://evil.example.com", "null", ORIGIN + ".evil.example"):
        reply = client.request("OPTIONS", path, headers={"Origin": origin, **asked})
        assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("name", NAMES)
def test_answers_across_origins(shared, name):
    """Good answers and refusals can be read by the page; what is wrong too."""
    client = Client(shared, prefix=PREFIXES[name])
    path, how = profiles.of(name).LOGIN
    person = Mounted(shared, name, PREFIXES[name]).person()
    headers = {"Origin": ORIGIN}
    for reply in (
        client.post(path, headers=headers, **how(person.user, PASSWORD)).expect(200),
        client.post(path, headers=headers, **how(person.user, "wrong")).expect(401),
        client.request(*profiles.of(name).ALIVE, headers=headers).expect(401),
        client.get("/no-such-path", headers=headers).expect(404),
    ):
        assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "X-Total-Count" in reply.headers["Access-Control-Expose-Headers"]
        assert "Origin" in reply.headers["Vary"]


@pytest.mark.parametrize("name", NAMES)
def test_head_is_get_without_a_body(shared, name):
    """H08, for each GET that needs no parameter, with and without a token."""
    place = Mounted(shared, name, PREFIXES[name])
    admin = place.admin()
    for method, path in sorted(recorder.document(name).operations):
        if method != "GET" or "{" in path or (method, path) == (profiles.of(name).REFRESH or ())[:2]:
            continue
        for token in (None, False):
            get = admin.get(path, token=token)
            head = admin.request("HEAD", path, token=token)
            assert (head.status, head.body) == (get.status, b"")
            for header in ("Content-Type", "Content-Length", "X-Total-Count", "WWW-Authenticate"):
                assert head.headers.get(header) == get.headers.get(header), header


# --- documents ------------------------------------------------------------------------------------


def test_dialects_command(tmp_path):
    """`latchkey dialects` lists them with their routes."""
    text = run_cli("dialects", folder=tmp_path).stdout
    for block in text.split("\n\n"):
        head, *rows = block.strip().splitlines()
        name, _, title = head.partition(": ")
        assert title == recorder.document(name).document["info"]["title"]
        listed = [tuple(row.split()[:2]) for row in rows]
        assert sorted(listed) == sorted(recorder.document(name).operations)
        assert all(len(row.split()) > 2 for row in rows)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [*NAMES, "native"])
def test_openapi_command(tmp_path, name):
    document = json.loads(run_cli("openapi", name, folder=tmp_path).stdout)
    assert document["openapi"].startswith("3.1")
    assert document["paths"]


def test_openapi_command_refused(tmp_path):
    line = run_cli("openapi", "no-such-dialect", folder=tmp_path, status=2).stderr
    assert "no-such-dialect" in line and "latchkey dialects" in line


def test_documents_at_a_prefix(below):
    """Its own at two places, the same bytes, with the prefix before every path."""
    client = Client(below)
    own = client.get(f"/openapi/{NAMES[0]}.json").expect(200)
    also = client.get("/legacy/openapi.json").expect(200)
    assert own.body == also.body
    assert own.headers["ETag"] == also.headers["ETag"]
    printed = recorder.document(NAMES[0]).document
    served = own.json()
    assert served["paths"] == {f"/legacy{path}": item for path, item in printed["paths"].items()}
    assert served["components"]["schemas"] == printed["components"]["schemas"]
    # What is mounted elsewhere is not in the document of the root.
    assert client.get("/openapi.json").expect(200).json() == recorder.document().document
    match = {"If-None-Match": own.headers["ETag"]}
    assert client.get("/legacy/openapi.json", headers=match).status == 304


def test_documents_at_the_root(root):
    """DIALECTS: a dialect at `/` adds its paths to /openapi.json."""
    client = Client(root)
    all_paths = client.get("/openapi.json").expect(200).json()["paths"]
    its = recorder.document(NAMES[0]).document
    native = client.get("/openapi/native.json").expect(200).json()
    assert set(all_paths) == set(its["paths"]) | set(native["paths"])
    assert native == recorder.document().document
    assert client.get(f"/openapi/{NAMES[0]}.json").expect(200).json() == its


def test_documents_of_what_is_not_mounted(root, start):
    Client(root).get(f"/openapi/{NAMES[1]}.json").expect(404)
    Client(start()).get(f"/openapi/{NAMES[0]}.json").expect(404)


def test_nothing_is_mounted_unless_asked(start):
    client = Client(start())
    for name in NAMES:
        for method, path in recorder.document(name).operations:
            path = path.replace("{", "").replace("}", "")
            client.request(method, path).expect(404, "not_found")


def test_metrics_tell_the_places(below):
    """Routes are labels, so that two places of one name do not mix."""
    import metrics

    Client(below, prefix="/legacy").post(profiles.of(NAMES[0]).LOGIN[0]).expect(422)
    route = "/legacy" + profiles.of(NAMES[0]).LOGIN[0]
    assert metrics.requests(below, route, 422) >= 1


def test_names_are_those_of_the_templates():
    """The names are fixed: DIALECTS."""
    assert set(NAMES) <= {
        "fastapi-jwt-mongodb", "user-authentication-system", "pymongo-async",
        "fastapi-authentication", "fastapi-crud",
    }  # fmt: skip
