"""Other servers, measured on what each calls log-in, "me", refresh and a list, beside Latchkey.

Each peer is a module of its name with

    TITLE, VERSION    as the page has them
    HASH              how it keeps passwords here
    STORE             what it keeps everything in, and what an answer means
    LATCHKEY_FLAGS    that make Latchkey hash the same way; None: it cannot, and there is
                      bare_hash(cpu, seconds), how many of its hashes a second can be made
    WARM_UP_S         how long each path is asked before it is measured, when a second is too short
    install(home)     puts it into a folder of its own, once; NotThere with the reason why not
    serving(home, folder, cpu)      a context: a running server, its files in folder
    fill(server, users)             makes so many users of one password
    loads(server, users)            path → common.Asked: what to send; a text: why there is none
"""

import importlib
from pathlib import Path

from peers.measured import measure

ROOT = Path(__file__).resolve().parent.parent.parent
HOMES = ROOT / "build" / "peers"
NAMES = ("fastapi_template", "pocketbase", "glewlwyd", "better_auth", "keycloak")


def measure_peer(name, setting, say):
    """The rows of one peer."""
    module = importlib.import_module(f"peers.{name}")
    return measure(name, module, HOMES / name, setting, say)
