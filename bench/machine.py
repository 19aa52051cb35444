"""What was measured on, for the head of each result."""

import os
import platform
import re
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

BUSY_LOAD = 0.5


def first_match(path, pattern):
    """The first group of the pattern in a file, or "unknown"."""
    try:
        match = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    except OSError:
        match = None
    return match.group(1) if match else "unknown"


def output_of(*command):
    """What a command prints, or "unknown"."""
    if not shutil.which(command[0]):
        return "unknown"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def describe(root, folder, cpus):
    """Machine, system, versions and commit."""
    libraries = ("libmicrohttpd", "libsodium", "libcrypt", "sqlite3", "libcrypto", "libpq",
                 "libmongoc-1.0")  # fmt: skip
    commit = output_of("git", "-C", str(root), "rev-parse", "--short", "HEAD")
    changed = output_of("git", "-C", str(root), "status", "--porcelain") not in ("", "unknown")
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "cpu": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.+)$"),
        "cpus": os.cpu_count(),
        "server_cpu": cpus[0],
        "load_cpu": cpus[1],
        "second_cpu": cpus[2],
        "memory_mib": int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)")) // 1024,
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]+)'),
        "kernel": platform.release(),
        "file_system": output_of("stat", "-f", "-c", "%T", str(folder)),
        "commit": commit + ("+changes" if changed else ""),
        "libraries": {name: output_of("pkg-config", "--modversion", name) for name in libraries},
        "load_before": round(os.getloadavg()[0], 2),
    }


def binary_facts(binary):
    """What was measured: the version, how it hashes, signs and keeps by default."""
    return {
        "version": output_of(str(binary), "version").splitlines()[0],
        "hash": "argon2id, 19 MiB, 2 passes, 1 lane",
        "signature": "ES256",
        "store": "SQLite, WAL, synchronous=FULL: an answer means durable",
    }


def is_busy(machine):
    """Whether other work was running when the measurements began."""
    return machine["load_before"] > BUSY_LOAD
