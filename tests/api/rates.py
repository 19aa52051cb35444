"""The bucket of an address: asking until it is empty. It fills while the tests ask (throttle.c), on
a busy machine by any number of tokens: no test says how many come through, nor what the next gets."""

from client import Client
from parallel import together

# Locks would come first, and have their own tests.
RATED = {"RATE_LIMIT": "on", "LOGIN_LOCK_AFTER": 100}
MANY = 5000  # far more than an address may send at once, of anything
CLIENTS = 8


def until_limited(send, most=MANY):
    """Sends until 429 comes; returns that answer, and how many others came before."""
    for count in range(most):
        reply = send()
        if reply.status == 429:
            return reply, count
    raise AssertionError(f"no 429 in {most} requests")


def crowd_limited(server, send):
    """Calls send(client) from several clients at once, each until it gets 429; returns those answers.
    For buckets that fill as fast as one client may ask on a busy machine."""

    def one(_):
        client = Client(server)
        try:
            return until_limited(lambda: send(client), MANY // CLIENTS)[0]
        finally:
            client.close()

    return together(CLIENTS, one)
