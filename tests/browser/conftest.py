"""The servers of the API tests, and a headless Chromium."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / name) for name in ("api", "")]

from fixtures import *  # noqa: E402,F401,F403  (pytest finds them here)

from browser import Browser  # noqa: E402


@pytest.fixture
def browser(tmp_path):
    """One browser with a profile of its own."""
    window = Browser(tmp_path / "profile")
    yield window
    window.close()
