"""fastapi-jwt-mongodb, for the tests that walk every dialect (see __init__.py)."""

from client import PASSWORD, fresh_name
from profiles import ADMINS, OPEN, OWN, UUIDS


def _credentials(user, password=PASSWORD):
    return {"json": {"username": user["username"], "password": password}}


def _newcomer(name=None, password=PASSWORD):
    name = name or fresh_name("newcomer")
    return {"json": {"username": name, "email": f"{name}@example.com", "password": password}}


LOGIN = ("/auth/login", _credentials)
SIGNUP = ("/auth/register", _newcomer)
LOGOUT = "/auth/logout"
ALIVE = ("GET", "/users/")
REFRESH = None
ACCESS = {
    ("POST", "/auth/login"): OPEN,
    ("POST", "/auth/logout"): OWN,
    ("POST", "/auth/register"): OPEN,
    ("GET", "/users/"): ADMINS,
    ("POST", "/users/"): ADMINS,
    ("PUT", "/users/{id}"): ADMINS,
    ("DELETE", "/users/{id}"): ADMINS,
}
GOOD = {
    ("POST", "/auth/login"): lambda person: _credentials(person.user),
    ("POST", "/auth/register"): lambda person: _newcomer(),
    ("POST", "/users/"): lambda person: _newcomer(),
    ("PUT", "/users/{id}"): lambda person: _newcomer(),
}
TARGETS = {"/users/{id}": lambda mounted, person: person.user["id"]}
IDS = {"/users/{id}": UUIDS}
