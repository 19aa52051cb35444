"""Reading /metrics (Prometheus text 0.0.4)."""

import re

from client import Client
from waiting import eventually

LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def parse(text):
    """Every sample as (name, labels, value)."""
    samples = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = LINE.match(line)
            assert match, f"not a sample: {line!r}"
            labels = dict(LABEL.findall(match.group(2) or ""))
            samples.append((match.group(1), labels, float(match.group(3))))
    return samples


def read(server, name, **labels):
    """The sum of all samples of that name that have these labels."""
    client = Client(server)
    text = client.get("/metrics").expect(200).body.decode()
    client.close()
    return sum(
        value
        for found, its, value in parse(text)
        if found == name and labels.items() <= its.items()
    )


def requests(server, route, status):
    """How many requests of a route were answered so, at least one: each counts when its connection
    is free again, a moment after the answer."""
    labels = {"route": route, "status": str(status)}
    return eventually(lambda: read(server, "latchkey_http_requests_total", **labels))


def hashes(server):
    """How many password hashes the server has computed."""
    return read(server, "latchkey_password_hashes_total")
