"""A proxy of bytes that tears: it stands between clients and the server and knows nothing of TLS.

Each connection draws its fate from the seed: whole, cut after some bytes of the request or of the answer, in tiny
pieces, or answered late. A cut ends both sides at once, as a client that vanishes or a network that breaks. What was
drawn is counted in `counts`.
"""
import random
import socket
import struct
import threading
import time

FATES = ("whole", "request", "answer", "pieces", "late")
BYTES_MAX = 6000  # a handshake and one small request with its answer


def reset(connection):
    """Ends it in the middle: TLS is not told. The other thread that reads from it wakes up."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


class Fate:
    """What becomes of one connection."""

    def __init__(self, rng):
        self.what = rng.choices(FATES, (4, 3, 3, 1, 1))[0]
        self.cut = rng.randrange(1, BYTES_MAX) if self.what in ("request", "answer") else None
        self.pieces = rng.randrange(1, 40) if self.what == "pieces" else 65536
        self.wait = rng.uniform(0.05, 0.3) if self.what == "late" else 0

    def limit(self, direction):
        return self.cut if self.what == direction else None


class TearingProxy:
    """Listens on a free port of its own until it is left."""

    def __init__(self, port, seed):
        self.target, self.rng = port, random.Random(seed)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.counts = dict.fromkeys(FATES, 0)
        self.torn = 0
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # left
            fate = Fate(self.rng)
            self.counts[fate.what] += 1
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=30)
            except OSError:
                reset(client)
                continue
            client.settimeout(60)
            server.settimeout(60)
            for source, to, direction in ((client, server, "request"), (server, client, "answer")):
                threading.Thread(target=self.pump, args=(source, to, direction, fate),
                                 daemon=True).start()

    def pump(self, source, to, direction, fate):
        passed, limit = 0, fate.limit(direction)
        try:
            while data := source.recv(fate.pieces):
                if fate.wait and direction == "answer":
                    time.sleep(fate.wait)
                if limit is not None and passed + len(data) >= limit:
                    to.sendall(data[:limit - passed])
                    with self.lock:
                        self.torn += 1
                    break
                to.sendall(data)
                passed += len(data)
            else:
                to.shutdown(socket.SHUT_WR)
                return
        except OSError:
            pass
        reset(source)
        reset(to)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self.listener.close()
