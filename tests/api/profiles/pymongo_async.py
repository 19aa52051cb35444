"""pymongo-async, for the tests that walk every dialect (see __init__.py)."""

from client import PASSWORD, fresh_name
from profiles import ADMINS, OPEN, SELF, UUIDS


def _credentials(user, password=PASSWORD):
    return {"form": {"username": user["username"], "password": password}}


def _newcomer():
    return {"json": {"username": fresh_name("newcomer"), "password": PASSWORD, "userage": 25}}


LOGIN = ("/login", _credentials)
SIGNUP = None
LOGOUT = None
ALIVE = ("GET", "/users/")
REFRESH = None
ACCESS = {
    ("POST", "/users/create"): ADMINS,
    ("POST", "/login"): OPEN,
    ("GET", "/users/"): ADMINS,
    ("GET", "/users/{user_id}"): SELF,
    ("PUT", "/users/{user_id}"): SELF,
    ("DELETE", "/users/{user_id}"): ADMINS,
}
GOOD = {
    ("POST", "/users/create"): lambda person: _newcomer(),
    ("POST", "/login"): lambda person: _credentials(person.user),
    ("PUT", "/users/{user_id}"): lambda person: _newcomer(),
}
TARGETS = {"/users/{user_id}": lambda mounted, person: person.user["id"]}
IDS = {"/users/{user_id}": UUIDS}
