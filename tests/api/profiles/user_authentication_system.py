"""user-authentication-system, for the tests that walk every dialect (see __init__.py)."""

from client import PASSWORD, fresh_name
from profiles import ADMINS, OPEN, OWN, SELF


def _credentials(user, password=PASSWORD):
    return {"json": {"username": user["username"], "password": password}}


def _newcomer(name=None, password=PASSWORD):
    name = name or fresh_name("newcomer")
    return {"json": {"username": name, "email": f"{name}@example.com", "password": password}}


LOGIN = ("/login", _credentials)
SIGNUP = None
LOGOUT = "/logout"
ALIVE = ("GET", "/users/me")
REFRESH = None
ACCESS = {
    ("POST", "/login"): OPEN,
    ("POST", "/logout"): OWN,
    ("POST", "/users/"): ADMINS,
    ("GET", "/users/me"): OWN,
    ("GET", "/users/{username}"): OWN,
    ("PUT", "/users/{username}"): SELF,
    ("DELETE", "/users/{username}"): ADMINS,
}
GOOD = {
    ("POST", "/login"): lambda person: _credentials(person.user),
    ("POST", "/users/"): lambda person: _newcomer(),
    ("PUT", "/users/{username}"): lambda person: {"json": {"email": f"{fresh_name()}@example.com"}},
}
TARGETS = {"/users/{username}": lambda mounted, person: person.user["username"]}
# What is there only by another name of the same person is not there.
IDS = {
    "/users/{username}": dict.fromkeys(
        ("nobody-there", "1", "0", "-1", "%25", "x", "x" * 300, "root%40example.com", "root%20"),
        404,
    )
}
