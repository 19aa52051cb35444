"""What run and compare need before they measure."""

import os
import subprocess

from processes import Broken


def chosen_cpus():
    """One CPU for the server, one for the load, a second one for the server; the last two are the
    same when there are only two. None for all when there is one."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) == 1:
        return (None, None, None)
    return (allowed[0], allowed[2] if len(allowed) > 2 else allowed[1], allowed[1])


def build_programs(folder):
    """Builds the load and the bare programs beside the binary: those whose libraries are there."""
    listed = subprocess.run(["ninja", "-C", folder, "-t", "targets", "all"], capture_output=True,
                            text=True, check=False)  # fmt: skip
    targets = [line.split(":")[0] for line in listed.stdout.splitlines()
               if line.startswith("bench/") and "_LINKER" in line]  # fmt: skip
    done = subprocess.run(["ninja", "-C", folder, *targets], capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode != 0 or not targets:
        raise Broken(f"the programs were not built:\n{(done.stdout + listed.stderr)[-2000:]}")
