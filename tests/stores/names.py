"""Names of hosts that come and go: what a look-up finds, for one process and its children."""

import subprocess

# Files of its own in the place of the machine's; as somebody else than root with a user of its own.
SCRIPT = (
    'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"'
)
NOBODY_LISTENS = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"


class Names:
    """The names that a process knows which is started with the words of `within`."""

    def __init__(self, folder):
        self.hosts, self.resolver = folder / "hosts", folder / "resolv.conf"
        self.resolver.write_text(NOBODY_LISTENS)
        self.forget()

    def know(self, name):
        """It leads to this machine."""
        self.hosts.write_text(f"127.0.0.1 localhost {name}\n")

    def forget(self):
        """The file stays the same one: it is mounted."""
        self.hosts.write_text("127.0.0.1 localhost\n")

    @property
    def within(self):
        words = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"]
        return [*words, "sh", "-c", SCRIPT, "sh", str(self.hosts), str(self.resolver)]

    def why_not(self):
        """Why no process can be given names of its own here; "" when one can."""
        done = subprocess.run([*self.within, "true"], capture_output=True, text=True, check=False)
        return done.stderr.strip() if done.returncode != 0 else ""
