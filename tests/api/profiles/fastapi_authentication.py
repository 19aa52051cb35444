"""fastapi-authentication, for the tests that walk every dialect (see __init__.py)."""

from client import PASSWORD, Client, fresh_name
from profiles import ADMINS, NUMBERS, OPEN, OWN, SELF


def _credentials(user, password=PASSWORD):
    return {"json": {"email": user["email"], "password": password}}


def _newcomer(name=None, password=PASSWORD):
    name = name or fresh_name("newcomer")
    return {"json": {"username": name, "email": f"{name}@example.com", "password": password}}


def _refresh(person):
    """With a session of its own each time: a refresh token is good once."""
    native = Client(person.server).login(person.user["username"])
    native.close()
    return {"headers": {"Cookie": f"refresh_token={native.refresh_token}"}}


LOGIN = ("/login", _credentials)
SIGNUP = ("/signup", _newcomer)
LOGOUT = "/logout"
ALIVE = ("GET", "/user")
REFRESH = ("GET", "/refresh-access-token", _refresh)
ACCESS = {
    ("POST", "/signup"): OPEN,
    ("POST", "/login"): OPEN,
    ("GET", "/user"): OWN,
    ("GET", "/refresh-access-token"): OPEN,
    ("POST", "/logout"): OWN,
    ("DELETE", "/users/{user_id}"): SELF,
    ("POST", "/users/roles"): ADMINS | {"delegate": 403},
}
GOOD = {
    ("POST", "/signup"): lambda person: _newcomer(),
    ("POST", "/login"): lambda person: _credentials(person.user),
    ("GET", "/refresh-access-token"): _refresh,
    ("POST", "/users/roles"): lambda person: {
        "json": {"name": fresh_name("role"), "permissions": ["users:read"]}
    },
}
TARGETS = {"/users/{user_id}": lambda mounted, person: person.user["number"]}
IDS = {"/users/{user_id}": NUMBERS}
