"""bench/slow_sync.so: every sync takes as long as it is told, and says what libc said."""

import os
import subprocess
import sys

import pytest

SYNC_US = 20_000
CHILD = """
import errno, os, sys, time
call = getattr(os, sys.argv[1])
with open(sys.argv[2], "wb") as file:
    file.write(b"x")
    file.flush()
    begun = time.monotonic()
    call(file.fileno())
    print(int(1e6 * (time.monotonic() - begun)))
try:
    call(12345)
except OSError as error:
    print(errno.errorcode[error.errno])
"""


def run(slow_sync, call, path, **more):
    environment = {**os.environ, "LD_PRELOAD": str(slow_sync), **more}
    done = subprocess.run([sys.executable, "-c", CHILD, call, str(path)], env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    took_us, error = done.stdout.split()
    return int(took_us), error


@pytest.mark.parametrize("call", ["fsync", "fdatasync"])
def test_a_sync_takes_as_long_as_said(slow_sync, tmp_path, call):
    took_us, error = run(slow_sync, call, tmp_path / "file", BENCH_SYNC_US=str(SYNC_US))
    assert took_us >= SYNC_US
    assert error == "EBADF"


def test_without_the_variable_nothing_is_added(slow_sync, tmp_path):
    _, error = run(slow_sync, "fsync", tmp_path / "file")
    assert error == "EBADF"
