"""What is measured, by name: a function, and the row as it is before it is measured."""

import each_store
import footprint
import lists
import paths
from measure import Row


def list_latencies(row, setting):
    """GET /v1/users with every filter and sort: the highest p99 of all is what counts."""
    for count in setting.list_sizes:
        lines, about = lists.measure_size(
            setting.binary, count, setting.list_rounds, setting.list_filters, setting.cpus[0]
        )
        row.lines += lines
        row.notes |= {f"{count}_users_{name}": value for name, value in about.items()}
    row.ours = max(line["p99_ms"] for line in row.lines)
    row.notes["combinations"] = len(row.lines)
    row.table = lists.table(row.lines, setting.list_sizes)


ROWS = {
    "me": (paths.me, Row("GET /v1/users/me, 64 connections", unit="requests/s", target=0.70,
                         bare_name="libmicrohttpd")),
    "verify": (paths.verify, Row("GET /v1/auth/verify, 64 connections", unit="requests/s",
                                 target=0.70, bare_name="libmicrohttpd")),
    "introspect": (paths.introspect, Row("POST /oauth/introspect, 64 connections",
                                         unit="requests/s", target=0.70,
                                         bare_name="libmicrohttpd")),
    "token": (paths.first_sight, Row("first sight of an ES256 token, 64 connections",
                                     unit="requests/s", target=0.80, bare_name="ES256 verify")),
    "login": (paths.log_in, Row("log-in on all CPUs, 16 connections", unit="log-ins/s",
                                target=0.97, bare_name="argon2id")),
    "health": (paths.health, Row("GET /health/live while log-ins go on, p99", unit="ms", target=5,
                                 at_most=True)),
    "refresh": (paths.refresh, Row("refresh, 64 connections", unit="refreshes/s", target=0.60,
                                   bare_name="SQLite, 32 rows a commit")),
    "refresh-slow-disk": (paths.refresh_on_slow_disk,
                          Row("refresh, simulated slow disk, 64 connections", unit="refreshes/s",
                              target=0.60, bare_name="SQLite, 32 rows a commit, on it")),
    "refresh-postgres": (each_store.refresh_on_postgres,
                         Row("refresh on PostgreSQL, 64 connections", unit="refreshes/s",
                             target=0.60, bare_name="libpq updates")),
    "list": (paths.list_page, Row("list of 50 users, 16 connections", unit="requests/s")),
    "lists": (list_latencies, Row("slowest list of users, p99", unit="ms", target=lists.LIMIT_MS,
                                  at_most=True)),
    "stores": (each_store.side_by_side, Row("the same on each store", unit="stores")),
    "scaling": (paths.scaling, Row("GET /v1/users/me, server on two CPUs", group="scaling",
                                   unit="requests/s", bare_name="on one CPU")),
    "scaling-bare": (paths.bare_scaling, Row("a loop around epoll, on two CPUs", group="scaling",
                                             unit="answers/s", bare_name="on one CPU")),
    "memory": (footprint.idle_memory, Row("idle memory", group="footprint", unit="MiB",
                                          target=footprint.MIB_IDLE, at_most=True)),
    "clients": (footprint.memory_under_load, Row("most memory under 1,000 clients and log-ins",
                                                 group="footprint", unit="MiB", at_most=True)),
    "start": (footprint.start_time, Row("start to listening", group="footprint", unit="ms",
                                        target=50, at_most=True)),
    "size": (footprint.binary_size, Row("binary, stripped, without docs pages", group="footprint",
                                        unit="MiB", target=3, at_most=True)),
}  # fmt: skip
