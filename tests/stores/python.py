"""Which Python the tests run on."""

import importlib.util
import os
import subprocess
import sys

# Debian's has the test packages, whatever `python3` is on PATH.
SYSTEM = "/usr/bin/python3"
PACKAGES = ("pytest", "pymongo")


def settle():
    """Starts the running script anew with the system's Python, if that one has packages of ours that
    this one lacks."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if not missing or sys.executable == SYSTEM or not os.access(SYSTEM, os.X_OK):
        return
    probe = [SYSTEM, "-c", f"import {', '.join(missing)}"]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        os.execv(SYSTEM, [SYSTEM, *sys.argv])
