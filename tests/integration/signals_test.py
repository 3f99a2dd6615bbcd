#!/usr/bin/env python3
"""F-14 and F-15: signals to the real server under load, and a second process that wants the same store.

Clients register people over TLS all the while. SIGTERM and SIGINT end the server within ten seconds; SIGHUP and
SIGPIPE do not end it; after SIGSTOP and SIGCONT it goes on, and still holds its store. Whatever has no answer is
sent again under its Idempotency-Key and has its first outcome; `cartella verify` finds nothing. The seed is printed.
"""
import http.client
import os
import random
import signal
import ssl
import subprocess
import sys
import threading
import time

import api_client
from api_client import ENTE, OFFICE
from api_world import WORKERS, World

CLIENTS = 3
GRACE_SECONDS = 10
IN_USE = 4  # exit code
COMPARED = ("stream", "position", "event_count")


class Load:
    """Clients that register people until they are told to stop, whatever becomes of the server."""

    def __init__(self, world, bearer):
        self.world, self.bearer = world, bearer
        self.answers, self.unknown = {}, set()
        self.lock, self.over, self.failures = threading.Lock(), threading.Event(), []
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]

    def run(self):
        client = api_client.Client(self.world.server, self.world.contract, self.bearer)
        try:
            while not self.over.is_set():
                key = api_client.uuid7()
                try:
                    self.deliver(client, key)
                except (OSError, http.client.HTTPException, ssl.SSLError):
                    with self.lock:
                        self.unknown.add(key)
                    return  # the server went
        except AssertionError as failure:
            self.failures.append(failure)
        finally:
            client.close()

    def deliver(self, client, key):
        body = {"identity": {"surname": "Provetti", "name": key, "sex": "F",
                             "birth_date": "1959-01-01"}}
        answer = client.call("registerPerson", body, headers={"Idempotency-Key": key})
        if answer.status in (429, 503):
            return answer.status  # refused before it was taken
        assert answer.status == 201, (answer.status, answer.body)
        outcome = {name: answer.json()[name] for name in COMPARED}
        with self.lock:
            assert self.answers.setdefault(key, outcome) == outcome, "another outcome"
            self.unknown.discard(key)
        return 201

    def wait_for(self, count):
        until = time.monotonic() + 30
        while len(self.answers) < count and not self.failures:
            assert time.monotonic() < until, "the clients do not get on"
            time.sleep(0.01)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.wait_for(CLIENTS)
        return self

    def __exit__(self, kind, value, trace):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if kind is None and self.failures:
            raise self.failures[0]

    def send_again(self, rng):
        """What has no answer, and some that have one."""
        client = api_client.Client(self.world.server, self.world.contract, self.bearer)
        keys = list(self.unknown) + rng.sample(list(self.answers), min(10, len(self.answers)))
        for key in keys:
            while self.deliver(client, key) != 201:
                time.sleep(0.1)
        client.close()
        assert not self.unknown


def refuse_a_second(store):
    """Another server on the same store ends at once, says why, and the first one does not notice."""
    begun = time.monotonic()
    other = subprocess.run(store.command("serve", "--listen", "127.0.0.1:0"), capture_output=True,
                           text=True, timeout=30, check=False)
    assert other.returncode == IN_USE, (other.returncode, other.stderr)
    assert "un altro processo sta usando questa cartella dei dati" in other.stderr, other.stderr
    assert not other.stdout
    assert time.monotonic() - begun < GRACE_SECONDS


def F14_ends_within_ten_seconds_and_loses_nothing(world, bearer, ending, rng):
    with Load(world, bearer) as load:
        time.sleep(rng.uniform(0.05, 0.3))
        begun = time.monotonic()
        world.server.process.send_signal(ending)
        code = world.server.process.wait(timeout=GRACE_SECONDS)
        took = time.monotonic() - begun
    world.server.log.close()
    assert code == 0, (ending, code, world.server.said()[-1000:])
    world.start()  # no lock is in its way
    load.send_again(rng)
    print("%s: ended after %.2f s, %d acknowledged" % (ending.name, took, len(load.answers)),
          flush=True)


def F14_goes_on_after(world, bearer, harmless, rng):
    with Load(world, bearer) as load:
        for _ in range(3):
            world.server.process.send_signal(harmless)
            load.wait_for(len(load.answers) + 2 * CLIENTS)
        assert world.server.process.poll() is None
    assert not load.unknown, "a connection broke"
    load.send_again(rng)
    print("%s: goes on" % harmless.name, flush=True)


def F14_goes_on_where_it_was_stopped_and_still_holds_its_store(world, bearer, seconds, rng):
    with Load(world, bearer) as load:
        world.server.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        refuse_a_second(world.store)
        time.sleep(max(0.0, seconds - (time.monotonic() - stopped)))
        before = len(load.answers)
        world.server.process.send_signal(signal.SIGCONT)
        load.wait_for(before + 2 * CLIENTS)
    assert not load.unknown, "a connection broke"
    refuse_a_second(world.store)
    load.send_again(rng)
    print("SIGSTOP %.1f s, SIGCONT: goes on" % seconds, flush=True)


def F15_a_lock_that_a_killed_server_left_is_no_obstacle(world, bearer, rng):
    with Load(world, bearer) as load:
        world.server.process.send_signal(signal.SIGKILL)
        world.server.process.wait()
    world.server.log.close()
    locks = [os.path.join(folder, name) for folder, _, names in os.walk(world.store.data)
             for name in names if name.lower() == "lock"]
    assert locks, "no lock file is left: the test proves nothing"
    world.start()
    load.send_again(rng)


def main(stop_seconds, seed):
    print("seed", seed)
    rng = random.Random(seed)
    with World("referente_applicativo", words=("--requests-per-second", "100000")) as world:
        api_client.record(world.store, "grant_role", {
            "worker": WORKERS["referente_applicativo"], "role": "segretariato", "unit": OFFICE})
        bearer = world["referente_applicativo"].call(
            "createToken", {"label": "prova", "role": "segretariato", "ente": ENTE,
                            "unit": OFFICE}, 201).json()["bearer"]
        refuse_a_second(world.store)
        F14_goes_on_after(world, bearer, signal.SIGHUP, rng)
        F14_goes_on_after(world, bearer, signal.SIGPIPE, rng)
        F14_goes_on_where_it_was_stopped_and_still_holds_its_store(world, bearer, stop_seconds, rng)
        world["referente_applicativo"].close()
        world.clients = {}
        for ending in (signal.SIGTERM, signal.SIGINT):
            F14_ends_within_ten_seconds_and_loses_nothing(world, bearer, ending, rng)
        F15_a_lock_that_a_killed_server_left_is_no_obstacle(world, bearer, rng)
        world.stop()
        world.store.run("verify")
        world.start()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0,
         int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32))
