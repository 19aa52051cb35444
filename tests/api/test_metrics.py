"""GET /metrics: what is counted, and that nobody's data is in it."""

import re

import pytest

import metrics
from client import Client, fresh_name
from waiting import eventually


def test_format(anyone):
    """Prometheus text: HELP and TYPE once per family, before its samples."""
    reply = anyone.get("/metrics").expect(200)
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = reply.body.decode()
    assert metrics.parse(text)
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    assert len({name for name, _ in families}) == len(families)
    assert {kind for _, kind in families} <= {"counter", "gauge", "histogram"}
    assert len(re.findall(r"^# HELP ", text, re.MULTILINE)) == len(families)


def test_every_part_is_there(server, person):
    """Issue 11: requests, latency, lanes, log-ins, hashes, store calls, process."""
    person.me().expect(200)
    person.refresh()
    person.get("/v1/auth/sessions").expect(200)
    assert metrics.requests(server, "/v1/users/me", 200) >= 1
    assert metrics.read(server, "latchkey_http_request_seconds_count", route="/v1/users/me") >= 1
    for lane in ("store", "hash"):
        assert metrics.read(server, "latchkey_lane_workers", lane=lane) >= 1
        # A job counts when its worker is free again, a moment after its answer.
        eventually(lambda: metrics.read(server, "latchkey_lane_jobs_total", lane=lane) >= 1)
    for name in (
        "latchkey_signups_total",
        "latchkey_password_hash_seconds_count",
        "latchkey_store_calls_total",
        "latchkey_sessions_created_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
        "latchkey_build_info",
    ):
        assert metrics.read(server, name) > 0, name


@pytest.mark.store("sqlite", "postgres")
def test_refreshes_go_through_the_group_lane(server, person):
    """ADR 0021: whatever the path, where the store writes several together."""

    def written():
        return metrics.read(server, "latchkey_lane_jobs_total", lane="group")

    before = written()
    person.refresh()
    form = {"grant_type": "refresh_token", "refresh_token": person.refresh_token}
    person.oauth_token(**form).expect(200)
    eventually(lambda: written() == before + 2)


def test_logins_by_outcome(server, anyone, shared_person):
    def count(outcome):
        return metrics.read(server, "latchkey_logins_total", outcome=outcome)

    before = (count("ok"), count("failed"))
    anyone.try_login(shared_person.user["username"]).expect(200)
    anyone.try_login(fresh_name("nobody")).expect(401)
    assert (count("ok"), count("failed")) == (before[0] + 1, before[1] + 1)


def test_bounded_and_private(server, person):
    """Labels are routes, never paths: no request makes a new series of its own."""
    for i in range(20):
        person.get(f"/nowhere/{i}")
        person.get(f"/v1/users/name-{i}")
        person.request("BREW", "/x")
    text = Client(server).get("/metrics").expect(200).body.decode()
    assert "name-1" not in text and "/nowhere" not in text and "BREW" not in text
    assert person.user["username"] not in text and person.user["id"] not in text
