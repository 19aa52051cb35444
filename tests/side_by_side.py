"""Parts of a test run side by side: which may start, whose line is on the screen, how all end."""

import os
import signal
import subprocess
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

NAME_WIDTH = 20

_speaker = threading.local()
_screen = threading.Lock()


def speak_as(name):
    """What this thread says is headed by that name from now on; "" for none."""
    _speaker.name = name


def speaker():
    return getattr(_speaker, "name", "")


def say(text):
    """Prints lines at once, so that no other thread's come between them."""
    head = f"{speaker():{NAME_WIDTH}}| " if speaker() else ""
    with _screen:
        print("\n".join(head + line for line in text.split("\n")), flush=True)


def pool_of(threads):
    """A pool whose threads speak as the one that makes it."""
    return ThreadPoolExecutor(threads, initializer=speak_as, initargs=(speaker(),))


# --- processes ------------------------------------------------------------------------------------


class Stopped(Exception):
    """The whole run is to end."""


class Processes:
    """The processes that run now, each with a group of its own, to be ended from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running = set()
        self._is_over = False

    def start(self, command, **more):
        with self._lock:
            if self._is_over:
                raise Stopped
            process = subprocess.Popen(command, start_new_session=True, **more)
            self._running.add(process)
            return process

    def forget(self, process):
        """It has ended."""
        with self._lock:
            self._running.discard(process)

    def end_all(self):
        """Ends what runs, and lets nothing start any more."""
        with self._lock:
            self._is_over = True
            for process in self._running:
                end_group(process)


def end_group(process):
    """Ends a process that was started with a group of its own, and its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


# --- order ----------------------------------------------------------------------------------------


def startable(waiting, running, after):
    """Those of the waiting names that need not wait for one that is waiting or running."""
    unfinished = {*waiting, *running}
    return [name for name in waiting if not unfinished.intersection(after(name))]


def run_all(names, at_once, after, work, stop):
    """Calls work(name) for each of names, at_once of them at a time; the results by name.

    They start in the order of names; one waits for those of them that after(name) lists, and lets
    the next ones go first meanwhile. stop() is called when this thread is interrupted: it shall
    make every work() end.
    """
    waiting, running, results = list(names), {}, {}
    with ThreadPoolExecutor(at_once) as pool:
        try:
            while waiting or running:
                ready = startable(waiting, running.values(), after)
                assert ready or running, f"they wait for one another: {waiting}"
                for name in ready[: at_once - len(running)]:
                    waiting.remove(name)
                    running[pool.submit(work, name)] = name
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    results[running.pop(future)] = future.result()
        except BaseException:
            stop()
            raise
    return {name: results[name] for name in names}
