"""What measures is looked at by itself, on recorded data: nothing here is a measurement."""

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))


@pytest.fixture
def script():
    """Loads a program of bench/ that has no suffix, as a module."""

    def load(name):
        loader = SourceFileLoader(f"bench_{name}", str(ROOT / "bench" / name))
        module = module_from_spec(spec_from_loader(loader.name, loader))
        loader.exec_module(module)
        return module

    return load


def built(name):
    """A program of bench/, built beside the server."""
    build = Path(os.environ.get("LATCHKEY_BINARY", ROOT / "build" / "latchkey")).parent
    subprocess.run(["ninja", "-C", str(build), f"bench/{name}"], check=True, capture_output=True)
    return build / "bench" / name


@pytest.fixture(scope="session")
def load_program():
    """The load."""
    return built("load")


@pytest.fixture(scope="session")
def slow_sync():
    """What stands before libc's syncs."""
    return built("slow_sync.so")
