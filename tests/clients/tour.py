"""Runs a dialect's tour with a client that openapi-python-client has made from its document.

    tour.py NAME CLIENT URL

CLIENT is the folder of the generated package; the admin's username and password come on two lines
of standard input. Prints the operations that were called and went well, as a JSON list. Runs under
the Python of build-python/ (tools/setup --test makes it).
"""

import importlib
import json
import pkgutil
import sys
from pathlib import Path


class Tour:
    """A generated package, a server, and what was called on it."""

    def __init__(self, package, url, admin):
        self.package = package
        self.models = importlib.import_module(f"{package}.models")
        self.admin = admin  # (username, password)
        self.url = url
        self.called = []
        self._clients = importlib.import_module(package)
        self._operations = self._find_operations()

    def _find_operations(self):
        """{name of the generated module: the module}, of all tags."""
        api = importlib.import_module(f"{self.package}.api")
        found = {}
        for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
            if not module.ispkg:
                found[module.name.rpartition(".")[2]] = importlib.import_module(module.name)
        return found

    def anybody(self):
        return self._clients.Client(base_url=self.url)

    def bearer(self, token):
        return self._clients.AuthenticatedClient(base_url=self.url, token=token)

    def call(self, operation, client, kind=None, **arguments):
        """Calls an operation in a client's name; its good answer, which is of that model."""
        reply = self._operations[operation].sync_detailed(client=client, **arguments)
        assert reply.status_code < 300, f"{operation}: {reply.status_code} {reply.content!r}"
        if kind is not None:
            items = reply.parsed if isinstance(reply.parsed, list) else [reply.parsed]
            assert items and all(isinstance(item, kind) for item in items), reply.parsed
        self.called.append(operation)
        return reply.parsed

    def refused(self, operation, status, client, **arguments):
        """Calls an operation that is refused; the refusal, which is of a model too."""
        reply = self._operations[operation].sync_detailed(client=client, **arguments)
        assert reply.status_code == status, f"{operation}: {reply.status_code} {reply.content!r}"
        kind = self.models.HTTPValidationError if status == 422 else self.models.HTTPError
        assert isinstance(reply.parsed, kind) and reply.parsed.detail, reply.parsed
        return reply.parsed


def main():
    name, folder, url = sys.argv[1:]
    admin = sys.stdin.read().split("\n")[:2]
    folder = Path(folder)
    sys.path.insert(0, str(folder.parent))
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    tour = Tour(folder.name, url, admin)
    importlib.import_module(f"tours.{name.replace('-', '_')}").walk(tour)
    print(json.dumps(tour.called))


if __name__ == "__main__":
    main()
