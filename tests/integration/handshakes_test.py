#!/usr/bin/env python3
"""S-DOS: one address cannot take all handshakes of the real server, neither half-done ones nor fast ones."""
import socket
import ssl
import time

import api_client
import product
import rollback_test

ATTACKER = "127.0.7.1"
UNDER_WAY, BURST = 8, 40
WORDS = ("--handshakes-per-address", str(UNDER_WAY), "--handshakes-burst", str(BURST),
         "--handshakes-per-second", "1", "--connections-per-address", "60")


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10, source_address=(ATTACKER, 0))


def is_closed(connection):
    """By the server, which says nothing to a client that says nothing."""
    connection.settimeout(0.3)
    try:
        return connection.recv(1) == b""
    except socket.timeout:
        return False
    except ConnectionError:
        return True


def half_done(server):
    """Connections that never begin their handshake: only so many are held."""
    silent = [connect(server) for _ in range(3 * UNDER_WAY)]
    held = [each for each in silent if not is_closed(each)]
    assert len(held) == UNDER_WAY, len(held)
    assert rollback_test.call(server, "/status")[0] == 200, "another address is shut out"
    for each in silent:
        each.close()


def fast(server):
    """Whole handshakes one after the other: the bucket ends them, and fills again."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    done, started = 0, time.monotonic()
    for _ in range(3 * BURST):
        try:
            with context.wrap_socket(connect(server)):
                done += 1
        except OSError:
            pass
    seconds = time.monotonic() - started
    assert 0 < done <= BURST + 1 + seconds, (done, seconds)
    assert rollback_test.call(server, "/status")[0] == 200, "another address is shut out"
    return done


def main():
    with product.temporary() as root:
        store = product.Store(root)
        store.init(["D653"])
        bearer = rollback_test.monitor(store)
        with api_client.Server(store, *WORDS) as server:
            half_done(server)
            done = fast(server)
            status, text = rollback_test.call(server, "/metrics", bearer)
            assert status == 200 and "127.0." not in text, "an address stands in the metrics"
            refused = int(float(rollback_test.metric(server, bearer, "cartella_handshakes_refused_total")))
            assert refused >= 2 * UNDER_WAY + 3 * BURST - done - 5, (refused, done)
            assert ATTACKER not in server.said(), "an address stands in the log"
    print("of %d handshakes %d were made, %d connections refused" % (3 * BURST, done, refused))


if __name__ == "__main__":
    main()
