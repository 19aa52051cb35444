"""What the tests that walk every dialect must be told of one; a module each, named after it.

    LOGIN     (path, function(user, password) -> how it is sent)
    SIGNUP    (path, function(name, password) -> how it is sent); None: nobody signs up there
    LOGOUT    path; None: nobody logs out there
    ALIVE     (method, path) that answers 401 to a dead token, and something else to a live one
    ACCESS    {(method, path): who gets what}, of every operation: a row below, or one of its own
    GOOD      {(method, path): function(person) -> a request that is fine}; else one without body
    TARGETS   {path: function(mounted, person) -> what its parameter is, of that person's}
    IDS       {path: {what its parameter may be said to be: the status an admin gets}}
    REFRESH   (method, path, function(person) -> how it is sent), where there is one; else None

"how it is sent" are the keywords of Client.request: {"json": {…}}, {"form": {…}}. A user is a
record of the native API, a person a client with one as .user. Paths are the document's.
"""

import importlib

WHO = ("nobody", "user", "other", "delegate", "admin")
FINE = 200  # any good answer

# The delegate holds all of users:* but users:roles; {…} of the path is the user's.
OPEN = dict.fromkeys(WHO, FINE)
OWN = OPEN | {"nobody": 401}
ADMINS = OWN | {"user": 403, "other": 403}
SELF = OWN | {"other": 403}

MISSING_ID = "018f0000-0000-7000-8000-000000000000"
# Of paths whose parameter is a UUID: what cannot be there is not found. As they stand in a path.
UUIDS = dict.fromkeys(
    (MISSING_ID, "0", "-1", "x", "root", str(2**63), "%25", "x" * 300)
    + (MISSING_ID[:-1], MISSING_ID + "0", f"%7B{MISSING_ID}%7D", "65f1c0ffee0123456789abcd"),
    404,
)
# Of paths whose parameter is a whole number.
NUMBERS = {
    **dict.fromkeys(("0", "-1", "999999", str(2**63 - 1)), 404),
    **dict.fromkeys(("x", "1.5", "1x", "0x1", str(2**63), MISSING_ID), 422),
}


def of(name):
    """The module of a dialect."""
    return importlib.import_module(f"profiles.{name.replace('-', '_')}")
