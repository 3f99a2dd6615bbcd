#!/usr/bin/env python3
"""F-18: when accesses cannot be recorded, nothing about a person is answered, and the health check says so.

The record of a look is an event of the log, so its sink fails when the journal cannot be written: the limit on the
size of files of the running server is set to nothing, and every write fails with EFBIG from then on. Until the
server has left, each request about a person is refused without a word about them; whatever was answered before is
recorded. Then it starts again by itself.
"""
import http.client
import os
import resource
import signal
import ssl
import subprocess
import threading
import time

import api_client
from api_world import NAME, SURNAME, World, after, register

READERS = 4
BEFORE = 5
LEAVES_SECONDS = 10
PAUSE_SECONDS = 0.1  # all readers together stay below the quota of one operator


class Limited(api_client.Server):
    """A server that a file size over the limit does not kill: it is told of the failed write."""

    def __init__(self, store):
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        kept = subprocess.Popen
        subprocess.Popen = lambda *words, **more: kept(*words, **more, restore_signals=False)
        try:
            super().__init__(store)
        finally:
            subprocess.Popen = kept
            signal.signal(signal.SIGXFSZ, handler)


def health_of(world):
    return world.nobody().call("showStatus").status


def look(world, bearer, person):
    """Status and body; none where the server has gone."""
    client = api_client.Client(world.server, world.contract, bearer)
    try:
        answer = client.call("showPerson", person=person)
        return answer.status, answer.body
    except (OSError, http.client.HTTPException, ssl.SSLError):
        return None, b""
    finally:
        client.close()


def read_until_it_leaves(world, bearer, person, found, over):
    while not over.is_set():
        found.append(look(world, bearer, person))
        if found[-1][0] is None:
            return
        time.sleep(PAUSE_SECONDS)


def F18_without_a_record_there_is_no_answer(world, bearer, person):
    answered = 0
    for _ in range(BEFORE):
        status, body = look(world, bearer, person)
        assert status == 200 and SURNAME.encode() in body, (status, body)
        answered += 1
    process = world.server.process
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
    found, over = [], threading.Event()
    readers = [threading.Thread(target=read_until_it_leaves,
                                args=(world, bearer, person, found, over)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    health = []
    until = time.monotonic() + LEAVES_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            health.append(health_of(world))
        except (OSError, http.client.HTTPException, ssl.SSLError):
            break
    code = process.wait(timeout=LEAVES_SECONDS)
    over.set()
    for reader in readers:
        reader.join()
    world.server.log.close()
    assert code not in (0, -signal.SIGKILL), code
    refused = [each for each in found if each[0] is not None]
    assert refused, "the server left before it was asked: the test proves nothing"
    for status, body in refused:
        assert status in (500, 503, 507), (status, body)
        assert SURNAME.encode() not in body and NAME.encode() not in body, body
    assert 503 in health or 500 in health, health
    assert health[-1] != 200, "healthy to the end"
    print("refused %d looks, health %s, exit code %d" % (len(refused), health[-1], code), flush=True)
    return answered


def F18_what_was_answered_is_recorded(world, person, answered):
    rows = world["auditor"].call("listPersonAccesses", expect=200, person=person,
                                 query={"limit": 100}).json()["items"]
    assert len(rows) >= answered, (len(rows), answered)


def main():
    with World("segretariato", "auditor") as world:
        receipt = register(world["segretariato"])
        person = receipt["stream"]
        world["segretariato"].call("showPerson", expect=200, person=person, query=after(receipt))
        world.stop()
        world.server = Limited(world.store)
        bearer = world["segretariato"].bearer
        answered = F18_without_a_record_there_is_no_answer(world, bearer, person)
        for client in world.clients.values():
            client.close()
        world.clients = {}
        world.start()
        status, _ = look(world, world["segretariato"].bearer, person)
        assert status == 200, status
        world.stop()
        world.store.run("verify")
        world.start()
        assert answered == BEFORE


if __name__ == "__main__":
    os.umask(0o077)
    main()
