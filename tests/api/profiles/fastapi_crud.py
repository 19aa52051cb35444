"""fastapi-crud, for the tests that walk every dialect (see __init__.py)."""

from client import PASSWORD, fresh_name
from profiles import NUMBERS, OPEN, OWN


def _credentials(user, password=PASSWORD):
    return {"form": {"username": user["email"], "password": password}}


def _newcomer(name=None, password=PASSWORD):
    name = name or fresh_name("newcomer")
    return {"json": {"name": name, "email": f"{name}@example.com", "password": password}}


def _product(mounted, person):
    """The number of a new product of theirs."""
    body = {"name": "Difference engine", "price": "12.50"}
    native = mounted.native(person.token)
    made = native.post("/v1/products", body).expect(201).json()
    native.close()
    return made["number"]


LOGIN = ("/login", _credentials)
SIGNUP = ("/users/", _newcomer)
LOGOUT = None
ALIVE = ("GET", "/current-user")
REFRESH = None
# Whoever is logged in may read who else is there: so its document has it. Products are for all who
# hold the role `user`.
ACCESS = {
    ("POST", "/login"): OPEN,
    ("GET", "/current-user"): OWN,
    ("POST", "/users/"): OPEN,
    ("GET", "/users/"): OWN,
    ("GET", "/users/{id}"): OWN,
    ("POST", "/product/"): OWN,
    ("GET", "/product/"): OWN,
    ("GET", "/product/{id}"): OWN,
}
GOOD = {
    ("POST", "/login"): lambda person: _credentials(person.user),
    ("POST", "/users/"): lambda person: _newcomer(),
    ("POST", "/product/"): lambda person: {"json": {"name": "Engine", "price": 12.5}},
}
TARGETS = {
    "/users/{id}": lambda mounted, person: person.user["number"],
    "/product/{id}": _product,
}
IDS = {"/users/{id}": NUMBERS, "/product/{id}": NUMBERS}
