"""Access tokens: what the server issues, and every way to bend one (T01 to T17, T25).

The forgeries marked "signed" bear a signature of the server's own key, read from its file: only
the claims or the header are wrong.
"""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import tokens
from client import Client
from tokens import assemble, b64, compact, hmac_signer, nothing, parts, unb64

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LEEWAY_S = 30
MANY = 2000


@pytest.fixture(scope="module")
def key(server):
    """The private key in the server's file."""
    Client(server).signup()
    return tokens.stored_key(server.database)


@pytest.fixture(scope="module")
def holder(server):
    """Somebody whose token is bent."""
    return Client(server).signup()


@pytest.fixture(scope="module")
def jwks(server):
    return Client(server).get("/.well-known/jwks.json").expect(200).json()


@pytest.fixture
def refused(server, holder):
    """refused(token): 401 invalid_token and nothing else; the good one works still."""
    client = Client(server)

    def check(token, statuses=(401,)):
        reply = client.me(token=token)
        assert reply.status in statuses, f"{reply.status} for {token[:300]!r}"
        if reply.status == 401:
            assert reply.code == "invalid_token", reply.body
            assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]

    yield check
    client.me(token=holder.token).expect(200)
    client.close()


@pytest.fixture
def forge(holder, key):
    """forge(claims change, header change): the holder's token, changed and signed anew."""

    def make(change=None, head=None, without=()):
        claims = tokens.claims(holder.token) | (change or {})
        header = tokens.header(holder.token) | (head or {})
        for name in without:
            claims.pop(name, None)
            header.pop(name, None)
        return assemble(header, claims, tokens.signer(key))

    return make


# --- what is issued -------------------------------------------------------------------------------


def test_claims(server, holder):
    """T25, RFC 9068: what is in it, and what is not."""
    head, claims = tokens.header(holder.token), tokens.claims(holder.token)
    assert (head["alg"], head["typ"]) == ("ES256", "at+jwt")
    assert set(head) == {"alg", "typ", "kid"}
    assert set(claims) == {
        "iss", "sub", "aud", "exp", "iat", "jti", "sid", "roles", "client_id",
    }  # fmt: skip
    assert claims["iss"] == server.url
    assert claims["sub"] == holder.user["id"]
    assert (claims["aud"], claims["client_id"], claims["roles"]) == (
        "latchkey",
        "latchkey",
        ["user"],
    )
    assert claims["exp"] - claims["iat"] == 1800
    assert abs(claims["iat"] - time.time()) < 60


def test_verifies_elsewhere(server, holder, jwks):
    """An ordinary library takes it with the published key."""
    key = jwt.PyJWK(next(k for k in jwks["keys"] if k["kid"] == tokens.header(holder.token)["kid"]))
    claims = jwt.decode(
        holder.token, key.key, algorithms=["ES256"], audience="latchkey", issuer=server.url
    )
    assert claims["sub"] == holder.user["id"]


def test_unique_ids(server, holder):
    """T25: no two tokens have one id."""
    client = Client(server).login(holder.user["username"])
    seen = set()
    for _ in range(20):
        client.refresh()
        seen.add(tokens.claims(client.token)["jti"])
    assert len(seen) == 20


def test_forgery_at_its_best_works(server, forge):
    """The tools of this file are right: unchanged claims, signed by the real key, are taken."""
    Client(server).me(token=forge()).expect(200)
    Client(server).me(token=forge({"jti": "another"})).expect(200)


def test_scheme(server, holder):
    """T21, RFC 6750: the scheme in any case; nothing else but the header."""
    client = Client(server)
    for header in (f"bearer {holder.token}", f"BEARER {holder.token}"):
        client.me(headers={"Authorization": header}).expect(200)
    for header in (
        "Basic cm9vdDpyb290",
        holder.token,
        f"Token {holder.token}",
        "Bearer",
        "Bearer ",
    ):
        client.me(headers={"Authorization": header}).expect(401)
    client.me(headers={"Authorization": f"Bearer {holder.token}, Bearer x"}).expect(401)
    client.me(headers={"Cookie": f"access_token={holder.token}"}).expect(401)


def test_token_in_query(server, holder):
    """T21: ignored there or refused, and never logged (the server's end checks that)."""
    reply = Client(server).get(f"/v1/users/me?access_token={holder.token}")
    assert reply.status in (401, 422), reply.status


def test_bare_challenge(anyone):
    """T21."""
    assert anyone.me().expect(401, "missing_token").headers["WWW-Authenticate"] == "Bearer"


def test_insufficient_scope(holder):
    """T22."""
    reply = holder.get("/v1/users").expect(403, "forbidden")
    assert 'error="insufficient_scope"' in reply.headers["WWW-Authenticate"]


# --- algorithm and key ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", None, 0, ["none"], "ES256 "]
)
def test_no_algorithm(refused, holder, algorithm):
    """T01: without a signature, with an empty one, with the old one."""
    head = tokens.header(holder.token) | {"alg": algorithm}
    unsigned = assemble(head, tokens.claims(holder.token), nothing)
    refused(unsigned)
    refused(unsigned.rstrip("."))
    refused(unsigned + parts(holder.token)[2])


def test_signature_removed(refused, holder):
    """T01."""
    head, payload, _ = parts(holder.token)
    refused(f"{head}.{payload}.")
    refused(f"{head}.{payload}")
    refused(f"{head}.{payload}.AA")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_mac_with_public_key(refused, holder, key, jwks, algorithm):
    """T02, T03: the public key, or nothing, as secret of a MAC."""
    digest = getattr(__import__("hashlib"), "sha" + algorithm[2:])
    secrets = tokens.public_forms(key, jwks["keys"][0]) | {"empty": b"", "nul": b"\x00" * 32}
    for secret in secrets.values():
        for more in ({}, {"kid": ""}):
            head = tokens.header(holder.token) | {"alg": algorithm} | more
            claims = tokens.claims(holder.token)
            refused(assemble(head, claims, hmac_signer(secret, digest)))


@pytest.mark.parametrize(
    "algorithm", ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "es256"]
)
def test_other_algorithm_of_the_key(refused, forge, algorithm):
    """T04: one key, one algorithm."""
    refused(forge(head={"alg": algorithm}))


def test_right_key_wrong_digest(refused, holder, key):
    """T04."""
    claims = tokens.claims(holder.token)
    for digest, name in ((hashes.SHA384(), "ES384"), (hashes.SHA512(), "ES256")):
        head = tokens.header(holder.token) | {"alg": name}

        def sign(data, digest=digest):
            return tokens.raw_bytes(*tokens.raw_ecdsa(key, data, digest))

        refused(assemble(head, claims, sign))


@pytest.mark.parametrize(
    "kid",
    ["", "unknown", "../../../../dev/null", "/dev/null", "' OR 1=1--", {"$ne": None}, 0, [], None,
     "a\u0000b", "x" * 4000, "*", "%", True],
)  # fmt: skip
def test_key_ids(refused, forge, kid):
    """T05: signed, but by a key of another name."""
    refused(forge(head={"kid": kid}))


def test_huge_key_id(refused, forge):
    """T05: as large as a header may be (the raw cases send larger ones)."""
    refused(forge(head={"kid": "x" * 8192}), (401, 431))


def test_key_id_missing(refused, forge):
    """Every token we issue names its key; one that does not is not ours."""
    refused(forge(without=("kid",)))


def test_own_key_in_header(refused, holder, start_listener):
    """T06: no key but ours, and nothing is fetched."""
    mine = ec.generate_private_key(ec.SECP256R1())
    numbers = mine.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32, "big"))}
    jwk["y"] = b64(numbers.y.to_bytes(32, "big"))
    listener, url = start_listener
    claims = tokens.claims(holder.token)
    for more in (
        {"jwk": jwk},
        {"jwk": jwk, "kid": "mine"},
        {"jku": url},
        {"x5u": url},
        {"x5c": ["MIIB"]},
        {},
    ):
        head = tokens.header(holder.token) | more
        refused(assemble(head, claims, tokens.signer(mine)))
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.fixture
def start_listener():
    """A socket that nobody should connect to."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}/keys.json"


@pytest.mark.parametrize(
    "head",
    [{"crit": ["x"], "x": 1}, {"crit": []}, {"crit": ["alg"]}, {"crit": "exp"},
     {"crit": ["b64"], "b64": False}, {"b64": False}, {"typ": "JWT"}, {"typ": "rt+jwt"},
     {"typ": None}, {"typ": 1}],
)  # fmt: skip
def test_headers(refused, forge, head):
    """T07, T15: signed; a critical extension, or another type of token."""
    refused(forge(head=head))


def test_type_missing(refused, forge):
    """T15."""
    refused(forge(without=("typ",)))


@pytest.mark.parametrize("typ", ["application/at+jwt", "AT+JWT"])
def test_type_spellings(server, forge, typ):
    """RFC 7515 4.1.9: a media type, with or without its prefix: taken or refused, never 5xx."""
    assert Client(server).me(token=forge(head={"typ": typ})).status in (200, 401)


# --- bits and encoding ----------------------------------------------------------------------------


def test_every_character_changed(refused, holder):
    """T08: a change at any position of any part."""
    token = holder.token
    for index, old in enumerate(token):
        new = "A" if old != "A" else "Q"
        refused(token[:index] + new + token[index + 1 :])


def test_every_bit_of_the_signature(refused, holder):
    """T08."""
    head, payload, signature = parts(holder.token)
    raw = bytearray(unb64(signature))
    for bit in range(0, len(raw) * 8, 5):
        raw[bit // 8] ^= 1 << bit % 8
        refused(f"{head}.{payload}.{b64(bytes(raw))}")
        raw[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize("junk", ["+", "/", "=", "?", " ", "\t", "%3D", "~", "é"])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_foreign_characters(refused, holder, junk, part):
    """T09."""
    pieces = parts(holder.token)
    for changed in (
        pieces[part] + junk,
        junk + pieces[part],
        pieces[part][:5] + junk + pieces[part][5:],
    ):
        bent = pieces[:part] + [changed] + pieces[part + 1 :]
        token = ".".join(bent)
        if token.strip() == holder.token:
            continue  # white space at the ends belongs to the header line
        refused(token.encode().decode("latin-1"))


def test_equal_bytes_other_text(refused, holder):
    """T09: unused bits of the last character must be zero."""
    pieces = parts(holder.token)
    for part, piece in enumerate(pieces):
        unused = {2: 4, 3: 2}.get(len(piece) % 4, 0)
        value = BASE64URL.index(piece[-1])
        for bits in range(1, 1 << unused):
            changed = piece[:-1] + BASE64URL[value ^ bits]
            assert unb64(changed) == unb64(piece)
            refused(".".join(pieces[:part] + [changed] + pieces[part + 1 :]))


def test_shapes(refused, holder):
    """T10: not three parts."""
    head, payload, signature = parts(holder.token)
    for token in (
        head,
        f"{head}.{payload}",
        f"{holder.token}.{signature}",
        f"{head}.{payload}.{signature}.{head}.{payload}",
        f".{payload}.{signature}",
        f"{head}..{signature}",
        "..",
        ".",
        "." * MANY,
        "null",
        json.dumps({"protected": head, "payload": payload, "signature": signature}),
        holder.token * 2,
    ):
        refused(token, (400, 401, 431))


def test_huge(refused, holder):
    """T10: what fits no header is refused as such (the raw cases have more of it)."""
    head, payload, _ = parts(holder.token)
    refused(f"{head}.{payload}.{'A' * 8192}")


def test_signature_forms(refused, holder):
    """T11: DER, zeros, the order, padding; ES256 is 64 bytes of numbers below the order.

    (r, n - s) is left out: it is a valid signature of the same bytes, by design of ECDSA.
    """
    head, payload, signature = parts(holder.token)
    raw = unb64(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    for bent in (
        encode_dss_signature(r, s),
        tokens.raw_bytes(0, s),
        tokens.raw_bytes(r, 0),
        tokens.raw_bytes(0, 0),
        tokens.raw_bytes(P256_ORDER, s),
        tokens.raw_bytes(r, P256_ORDER),
        tokens.raw_bytes(r + P256_ORDER, s, 33),
        tokens.raw_bytes(r, s, 33),
        tokens.raw_bytes(r, s, 48),
        raw + b"\x00",
        b"\x00" + raw,
        raw[:-1],
        raw[32:] + raw[:32],
        b"\xff" * 64,
    ):
        refused(f"{head}.{payload}.{b64(bent)}")


# --- claims ---------------------------------------------------------------------------------------


def now():
    return int(time.time())


def test_expiry_and_its_leeway(server, refused, forge):
    """T12: 30 seconds of leeway, not more."""
    Client(server).me(token=forge({"exp": now() - LEEWAY_S + 15})).expect(200)
    refused(forge({"exp": now() - LEEWAY_S - 5}))
    refused(forge({"exp": now() - 86400}))


@pytest.mark.parametrize(
    "exp",
    ["tomorrow", "9999999999", None, True, [], {}, -1, 0, 1e300, 9999999999.5, 9999999999.0,
     2**63, 2**64, -(2**63)],
)  # fmt: skip
def test_expiry_values(refused, forge, exp):
    """T12, DESIGN 5: whole seconds or nothing."""
    refused(forge({"exp": exp}))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat", "jti", "sid"])
def test_missing_claims(refused, forge, claim):
    """T12, T14, RFC 9068: what every token of ours has."""
    refused(forge(without=(claim,)))


@pytest.mark.parametrize(
    "change",
    [
        {"nbf": 9_999_999_999},
        {"nbf": "soon"},
        {"iat": 9_999_999_999},
        {"iat": "x"},
        {"aud": "other"},
        {"aud": []},
        {"aud": ["other"]},
        {"aud": [1, "other"]},
        {"aud": None},
        {"aud": "LATCHKEY"},
        {"aud": {"latchkey": 1}},
        {"iss": None},
        {"iss": "http://other.example"},
        {"iss": ["http://other.example"]},
        {"sub": "018f0000-0000-7000-8000-000000000000"},
        {"sub": "root"},
        {"sub": 1},
        {"sub": None},
        {"sid": "018f0000-0000-7000-8000-000000000000"},
        {"sid": "x"},
        {"sid": None},
    ],
)
def test_claim_values(server, refused, forge, change):
    """T13, T14, T18: signed, but not for us, not yet, or about nobody."""
    token = forge(change)
    if change in ({"sid": "018f0000-0000-7000-8000-000000000000"},
                  {"sub": "018f0000-0000-7000-8000-000000000000"}):  # fmt: skip
        # Only the key's holder can do this; sessions are looked up by what has ended. Never 5xx.
        assert Client(server).me(token=token).status in (200, 401, 404)
        return
    refused(token)


def test_issuer_to_the_letter(server, refused, forge):
    """T14."""
    for issuer in (server.url + "/", server.url.upper(), server.url.replace("http", "https"), ""):
        refused(forge({"iss": issuer}))


def test_audience_in_a_list(server, forge):
    """T14: a list with our value is fine."""
    Client(server).me(token=forge({"aud": ["other", "latchkey"]})).expect(200)


def test_roles_are_looked_up(server, forge):
    """T20: what the token says about roles gives nothing."""
    token = forge({"roles": ["admin"]})
    assert Client(server).get("/v1/users", token=token).status in (401, 403, 200)


def bent_json(holder):
    """Header and claims as text that is not quite JSON, with the reason."""
    head = compact(tokens.header(holder.token)).decode()
    claims = compact(tokens.claims(holder.token)).decode()
    yield "role twice", head, claims[:-1] + ',"sub":"x"}'
    yield "exp twice", head, claims[:-1] + ',"exp":9999999999}'
    yield "alg twice", head[:-1] + ',"alg":"none"}', claims
    yield "kid twice", head[:-1] + ',"kid":"x"}', claims
    yield "trailing text", head, claims + "x"
    yield "two values", head, claims + claims
    yield "no object", head, "[" + claims + "]"
    yield "text", head, '"text"'
    yield "empty", head, ""
    yield "header is a list", "[]", claims
    yield "NUL", head, claims[:-1] + ',"a":"\\u0000"}'
    yield "raw NUL", head, claims[:-1] + ',"a":"\x00"}'
    yield "depth", head, claims[:-1] + ',"a":' + "[" * 3000 + "]" * 3000 + "}"


def test_bent_json(refused, holder, key):
    """T16, T17: signed."""
    for _, head, claims in bent_json(holder):
        refused(assemble(head, claims, tokens.signer(key)), (401, 431))
    claims = compact(tokens.claims(holder.token))
    for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80"):
        bent = claims[:-1] + b',"a":"' + bad + b'"}'
        refused(assemble(tokens.header(holder.token), bent, tokens.signer(key)))


# --- other keys by option -------------------------------------------------------------------------

SECRET = "a secret of many characters that nobody guesses"


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
def test_other_algorithms(start, algorithm):
    """DESIGN 3: by option; published; another algorithm under the same key id is refused."""
    server = start(options={"TOKEN_ALGORITHM": algorithm})
    client = Client(server).signup()
    head = tokens.header(client.token)
    assert head["alg"] == algorithm
    keys = client.get("/.well-known/jwks.json").expect(200).json()["keys"]
    public = jwt.PyJWK(next(key for key in keys if key["kid"] == head["kid"]))
    jwt.decode(client.token, public.key, algorithms=[algorithm], audience="latchkey")
    key = tokens.stored_key(server.database)
    claims = tokens.claims(client.token)
    client.me(token=assemble(head, claims, tokens.signer(key))).expect(200)
    for secret in tokens.public_forms(key, keys[0]).values():
        forged = assemble(head | {"alg": "HS256"}, claims, hmac_signer(secret))
        client.me(token=forged).expect(401, "invalid_token")
    other = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else None
    if other is not None:
        client.me(token=assemble(head, claims, tokens.signer(other))).expect(401)
        for name in ("RS384", "RS512", "PS256"):
            client.me(token=assemble(head | {"alg": name}, claims, tokens.signer(key))).expect(401)


def test_shared_secret(start):
    """DESIGN 3, 5: HS256 over the secret's UTF-8 bytes, no aud, an empty key set."""
    server = start(environment={"JWT_SECRET_KEY": SECRET})
    server.secrets.add(SECRET)
    client = Client(server).signup()
    claims = jwt.decode(client.token, SECRET, algorithms=["HS256"])
    assert "aud" not in claims
    assert client.get("/.well-known/jwks.json").expect(200).json() == {"keys": []}
    head = tokens.header(client.token)
    assert head["alg"] == "HS256"
    client.me(token=assemble(head, claims, hmac_signer(SECRET.encode()))).expect(200)
    for name in ("HS384", "HS512", "none"):
        client.me(
            token=assemble(head | {"alg": name}, claims, hmac_signer(SECRET.encode()))
        ).expect(401)
    for secret in (b"", SECRET[:-1].encode(), b"secret"):
        client.me(token=assemble(head, claims, hmac_signer(secret))).expect(401)


def test_audience_with_a_secret(start):
    """DIALECTS: an audience is there when it is asked for."""
    options = {"AUDIENCE": "my-app", "JWT_SECRET": SECRET}
    client = Client(start(options=options)).signup()
    assert jwt.decode(client.token, SECRET, algorithms=["HS256"], audience="my-app")
    client.me().expect(200)


def test_issuer_and_audience_by_option(start):
    options = {
        "ISSUER": "https://id.example.com/",
        "AUDIENCE": "api",
        "ACCESS_TOKEN_LIFETIME": "2m",
    }
    client = Client(start(options=options)).signup()
    claims = tokens.claims(client.token)
    assert (claims["iss"], claims["aud"]) == ("https://id.example.com/", "api")
    assert claims["exp"] - claims["iat"] == 120
    client.me().expect(200)


def test_issuer_is_kept(start):
    """DESIGN 5: all nodes agree on the first start's issuer, whatever their port and Host."""
    server = start()
    other = start.second(server)
    client = Client(server).signup()
    there = Client(other).login(client.user["username"])
    assert tokens.claims(there.token)["iss"] == server.url
    Client(other).me(token=client.token).expect(200)
    Client(server).me(token=there.token, headers={"Host": "evil.example"}).expect(200)
    assert tokens.claims(there.token)["iss"] == tokens.claims(client.token)["iss"]
