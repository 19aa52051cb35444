"""A TCP proxy in front of a database: what networks do to connections."""

import contextlib
import selectors
import socket
import threading


class Proxy:
    """Forwards between its own port and a server's, and does what it is told."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.cut_after = None  # bytes a client sends: what is answered to them is lost
        self.cuts = 1  # so often
        self.late_s = 0  # what the server answers comes so much later
        self.closing = threading.Event()
        self.was_cut = threading.Event()
        self.cut_for_good = False  # then it is as after cut()
        self.is_closed = False
        self.is_cut = False
        self.flows = threading.Event()  # cleared: what comes stays here, on both sides
        self.flows.set()
        self.pairs = set()
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.is_closed:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self.flows.wait()
        if self.is_cut:
            _reset(client)
            return
        try:
            server = socket.create_connection(self.target, 10)
        except OSError:
            _reset(client)
            return
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (client, server)
        with self.lock:
            self.pairs.add(pair)
        with contextlib.suppress(OSError, ValueError):
            self._copy(client, server)
        with self.lock:
            self.pairs.discard(pair)
        _reset(client)
        server.close()

    def _copy(self, client, server):
        """Until one end closes, or the answer to be lost has come: then the request was carried out."""
        chooser = selectors.DefaultSelector()
        chooser.register(client, selectors.EVENT_READ, server)
        chooser.register(server, selectors.EVENT_READ, client)
        doomed = False
        while True:
            for key, _ in chooser.select():
                self.flows.wait()
                data = key.fileobj.recv(65536)
                if not data:
                    return
                if key.fileobj is server and doomed:
                    if self.cut_for_good:
                        self.cut()
                    self.was_cut.set()
                    return
                if key.fileobj is client and self.cut_after and self.cut_after in data:
                    doomed = True
                    self._count_cut()
                if key.fileobj is server and self.late_s:
                    self.closing.wait(self.late_s)
                key.data.sendall(data)

    def cut(self):
        """Every connection breaks off, and new ones do so at once, until mend()."""
        self.is_cut = True
        self.reset()

    def swallow(self):
        """Nothing gets through any more, and nobody is told, until mend(): connections stay open."""
        self.flows.clear()

    def mend(self):
        self.is_cut = self.cut_for_good = False
        self.flows.set()

    def _count_cut(self):
        self.cuts -= 1
        if self.cuts == 0:
            self.cut_after, self.cuts = None, 1

    def reset(self):
        """Every connection breaks off."""
        with self.lock:
            pairs = list(self.pairs)
        for client, server in pairs:
            for end in (client, server):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.is_closed = True
        self.flows.set()
        self.closing.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.reset()


def _reset(end):
    """Closes with RST instead of FIN: an end without warning."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    end.close()
