"""A driver's library is loaded for its own store alone, and what is said where it is not there."""

from pathlib import Path

import pytest

import stores
from process import run_cli

SHARED_MEMORY = Path("/dev/shm")
# What is in memory with each store.
LIBRARIES = {"postgres": ("libpq.so",), "mongo": ("libmongoc-1.0.so", "libbson-1.0.so")}
# A URL, the library that it needs, its package, a function that is looked for first.
ABSENT = {
    "postgres": ("postgresql://127.0.0.1:1/app", "libpq.so.5", "libpq5", "PQclear"),
    "mongo": ("mongodb://127.0.0.1:1/app", "libmongoc-1.0.so.0", "libmongoc-1.0-0", "bson_"),
}


def mapped(process):
    """The names of the files in the memory of a process."""
    lines = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
    return {line.rpartition("/")[2] for line in lines if "/" in line}


def test_only_the_drivers_library_is_loaded(start):
    server = start()
    names = mapped(server.process)
    assert any(name.startswith("libc.so") for name in names), names
    for kind, libraries in LIBRARIES.items():
        for library in libraries:
            found = any(name.startswith(library) for name in names)
            assert found == (kind == stores.kind()), (library, sorted(names))
    # libmongoc would make it while it is loaded.
    assert not (SHARED_MEMORY / f"mongoc-{server.process.pid}").exists()


def test_libmongoc_keeps_out_of_shared_memory(start):
    """Its counters in shared memory, whatever the environment of who starts us says."""
    server = start(environment={"MONGOC_DISABLE_SHM": ""})
    assert not (SHARED_MEMORY / f"mongoc-{server.process.pid}").exists()


@pytest.mark.store("sqlite")
@pytest.mark.parametrize("kind", ABSENT)
@pytest.mark.parametrize("command", [["serve", "--listen", "127.0.0.1:0"], ["user", "list"]])
def test_library_that_cannot_be_loaded(tmp_path, kind, command):
    url, soname, package, _ = ABSENT[kind]
    (tmp_path / soname).touch()
    done = run_cli(*command, "--database", url, folder=tmp_path, status=2,
                   environment={"LD_LIBRARY_PATH": str(tmp_path)})  # fmt: skip
    said = done.stderr.strip()
    assert "\n" not in said and said.startswith("latchkey: "), said
    assert f"needs the library {soname}" in said and f"apt-get install {package})" in said, said


@pytest.mark.store("sqlite")
@pytest.mark.parametrize("kind", ABSENT)
def test_library_that_lacks_functions(tmp_path, kind):
    """As one that is too old does."""
    url, soname, _, function = ABSENT[kind]
    another = next(
        path
        for line in Path("/proc/self/maps").read_text().splitlines()
        if (path := line.split()[-1]).rpartition("/")[2].startswith("libc.so")
    )
    (tmp_path / soname).symlink_to(another)
    done = run_cli("user", "list", "--database", url, folder=tmp_path, status=2,
                   environment={"LD_LIBRARY_PATH": str(tmp_path)})  # fmt: skip
    assert f"the library {soname} is too old" in done.stderr, done.stderr
    assert function in done.stderr, done.stderr


@pytest.mark.store("sqlite")
def test_sqlite_asks_for_no_other_library(start, tmp_path):
    """Not even when those there are broken."""
    for _, soname, _, _ in ABSENT.values():
        (tmp_path / soname).touch()
    start(environment={"LD_LIBRARY_PATH": str(tmp_path)})
