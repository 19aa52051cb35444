"""A generic OAuth 2 client, Authlib (Debian's python3-authlib), that is told nothing but the issuer.

All else it finds in the metadata: password and refresh grant, revocation, introspection, keys.
"""

import pytest
import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

import tokens
from client import PASSWORD
from process import PATIENCE

CLIENT = "orders-api"
SECRET = "q+8/uZJ0c+S3vT1nYk6wRz5hXb/4mLd7PfGe2oAiKy=="
OPTIONS = {"INTROSPECTION_CLIENT": CLIENT, "INTROSPECTION_SECRET": SECRET}
# Authlib takes an empty list for none at all. There is no authorization endpoint here, and so
# nothing to put into the list, which RFC 8414 wants to be there.
NO_ENDPOINT = "response_types_supported"


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch):
    """The issuer of a test is no https URL."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def metadata(server):
    url = get_well_known_url(server.url, external=True)
    told = AuthorizationServerMetadata(requests.get(url, timeout=30 * PATIENCE).json())
    assert told["issuer"] == server.url
    for key in told.REGISTRY_KEYS:
        if key != NO_ENDPOINT:
            getattr(told, f"validate_{key}")()
    assert told[NO_ENDPOINT] == []
    return told


@pytest.fixture
def app(server, metadata):
    """An application of a person: no client, or one that has a name and no secret."""
    server.secrets.add(SECRET)
    with OAuth2Session(**metadata) as session:
        yield session


@pytest.fixture
def resource_server(metadata):
    with OAuth2Session(CLIENT, SECRET, **metadata) as session:
        yield session


def introspect(session, metadata, token):
    return session.introspect_token(metadata["introspection_endpoint"], token=token)


def log_in(session, metadata, person):
    return session.fetch_token(
        metadata["token_endpoint"], username=person.user["username"], password=PASSWORD
    )


def test_the_whole_way(server, app, resource_server, metadata, person):
    token = log_in(app, metadata, person)
    assert token["token_type"].lower() == "bearer" and not token.is_expired()
    assert app.get(f"{server.url}/v1/users/me").json()["id"] == person.user["id"]

    told = introspect(resource_server, metadata, token["access_token"]).json()
    assert told["active"] is True and told["sub"] == person.user["id"]
    assert told["iss"] == metadata["issuer"]

    first, old = token["access_token"], token["refresh_token"]
    token = app.refresh_token(metadata["token_endpoint"])
    assert token["refresh_token"] != old and token["access_token"] != first
    assert app.get(f"{server.url}/v1/users/me").status_code == 200

    answer = app.revoke_token(
        metadata["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token"
    )
    assert answer.status_code == 200
    for dead in (first, token["access_token"]):
        assert introspect(resource_server, metadata, dead).json() == {"active": False}
    with pytest.raises(AuthlibBaseError) as refused:
        app.refresh_token(metadata["token_endpoint"])
    assert refused.value.error == "invalid_grant" and refused.value.description


def test_a_client_that_names_itself(metadata, person):
    """In the form, and by Basic with an empty secret, as others do for public clients."""
    with OAuth2Session("my-app", **metadata) as session:
        assert log_in(session, metadata, person)["access_token"]
    with OAuth2Session("my-app", "", token_endpoint_auth_method="client_secret_basic",
                       **metadata) as session:  # fmt: skip
        assert log_in(session, metadata, person)["access_token"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_client_with_a_secret(metadata, person, method):
    """The right secret is taken in both ways that the metadata names, a wrong one in none."""
    assert method in metadata["token_endpoint_auth_methods_supported"]
    with OAuth2Session(CLIENT, SECRET, token_endpoint_auth_method=method, **metadata) as session:
        assert log_in(session, metadata, person)["access_token"]
    wrong = OAuth2Session(CLIENT, SECRET[::-1], token_endpoint_auth_method=method, **metadata)
    with wrong as session, pytest.raises(AuthlibBaseError) as refused:
        log_in(session, metadata, person)
    assert refused.value.error == "invalid_client"


def test_scopes_are_refused_in_its_words(metadata, person):
    with OAuth2Session(scope="profile", **metadata) as session:
        with pytest.raises(AuthlibBaseError) as refused:
            log_in(session, metadata, person)
    assert refused.value.error == "invalid_scope"


def test_wrong_password_in_its_words(app, metadata, person):
    with pytest.raises(AuthlibBaseError) as refused:
        app.fetch_token(metadata["token_endpoint"], username=person.user["username"], password="no")
    assert refused.value.error == "invalid_grant"


def test_keys(app, metadata, person):
    """What the metadata leads to verifies the tokens, and agrees with introspection."""
    token = log_in(app, metadata, person)["access_token"]
    keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=30 * PATIENCE).json())
    claims = jwt.decode(token, keys)
    claims.validate()
    assert dict(claims) == tokens.claims(token)
    assert claims["iss"] == metadata["issuer"]


def test_openid_configuration(server, metadata):
    """The same, for verifiers made for OpenID Connect."""
    url = get_well_known_url(server.url, external=True, suffix="openid-configuration")
    told = requests.get(url, timeout=30 * PATIENCE).json()
    assert {key: told[key] for key in metadata} == metadata
