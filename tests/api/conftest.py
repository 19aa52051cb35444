"""Fixtures and hooks are in fixtures.py, which the browser tests use too."""

from fixtures import *  # noqa: F401,F403  (pytest finds them here)
