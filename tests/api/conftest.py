"""Fixtures and hooks are in fixtures.py, which the browser tests use too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the package stores

from fixtures import *  # noqa: E402,F401,F403  (pytest finds them here)
