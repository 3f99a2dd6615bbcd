#!/usr/bin/env python3
"""F-01 on the real server: kill -9 while clients write over TLS loses nothing that was acknowledged.

Usage: server_kill_test.py [KILLS [SEED]]. CI runs 50 kills; the seed is printed and replays the delays. A client
notes what it is about to send before it sends it, and the answer before it counts. After each kill whatever has no
answer is sent again under its Idempotency-Key, and so is a part of what has one: the first outcome must come back.
At the end every position of the log is accounted for and `cartella verify` finds nothing.
"""
import http.client
import json
import random
import signal
import ssl
import sys
import threading
import time

import api_client
from api_client import ENTE, OFFICE
from api_world import WORKERS, World

CLIENTS = 3
COMPARED = ("stream", "position", "event_count")


class Writer:
    """Registers people until the server is gone; what it knows outlives it."""

    def __init__(self, index):
        self.index, self.sent, self.answers = index, {}, {}

    def deliver(self, client, key):
        answer = client.call("registerPerson", self.sent[key],
                             headers={"Idempotency-Key": key})
        if answer.status != 201:
            return answer
        outcome = {name: answer.json()[name] for name in COMPARED}
        first = self.answers.setdefault(key, outcome)
        assert first == outcome, ("another outcome than the first time", first, outcome)
        return answer

    def write(self, client):
        while True:
            key = api_client.uuid7()
            self.sent[key] = {"identity": {
                "surname": "Provetti", "name": "N%d-%d" % (self.index, len(self.sent)), "sex": "F",
                "birth_date": "1959-01-01"}}
            try:
                answer = self.deliver(client, key)
            except (OSError, http.client.HTTPException, ssl.SSLError):
                return  # dead: the answer is unknown
            assert answer.status in (201, 429, 503), (answer.status, answer.body)
            if answer.status != 201:
                del self.sent[key]

    def unknown(self):
        return [key for key in self.sent if key not in self.answers]


def attempt(failures, function, *arguments):
    try:
        function(*arguments)
    except BaseException as failure:  # pylint: disable=broad-except
        failures.append(failure)


def one_life(world, bearer, writers, delay):
    """Clients write until the server is killed; how many events it had acknowledged by then."""
    failures = []
    clients = [api_client.Client(world.server, world.contract, bearer) for _ in writers]
    threads = [threading.Thread(target=attempt, args=(failures, writer.write, client))
               for writer, client in zip(writers, clients)]
    for thread in threads:
        thread.start()
    time.sleep(delay)
    world.server.process.send_signal(signal.SIGKILL)
    world.server.process.wait()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    world.server.log.close()
    if failures:
        raise failures[0]


def send_again(world, bearer, writers, rng):
    client = api_client.Client(world.server, world.contract, bearer)
    resent = 0
    for writer in writers:
        unknown = writer.unknown()
        known = list(writer.answers)
        for key in unknown + rng.sample(known, min(5, len(known))) + known[-3:]:
            answer = writer.deliver(client, key)
            while answer.status == 429:
                time.sleep(0.2)
                answer = writer.deliver(client, key)
            assert answer.status == 201, (answer.status, answer.body)
        resent += len(unknown)
    client.close()
    return resent


def main(kills, seed):
    print("seed", seed)
    rng = random.Random(seed)
    writers = [Writer(index) for index in range(CLIENTS)]
    with World("referente_applicativo") as world:
        api_client.record(world.store, "grant_role", {
            "worker": WORKERS["referente_applicativo"], "role": "segretariato", "unit": OFFICE})
        manager = world["referente_applicativo"]
        bearer = manager.call(
            "createToken", {"label": "prova", "role": "segretariato", "ente": ENTE, "unit": OFFICE}, 201).json()["bearer"]
        resent = 0
        for _ in range(kills):
            one_life(world, bearer, writers, rng.uniform(0.01, 0.4))
            world.start()
            resent += send_again(world, bearer, writers, rng)
        client = api_client.Client(world.server, world.contract, bearer)
        for writer in writers:
            assert not writer.unknown()
            for key in rng.sample(list(writer.answers), min(200, len(writer.answers))):
                while writer.deliver(client, key).status == 429:
                    time.sleep(0.2)
        client.close()
        world.clients = {}
        world.stop()
        taken = sorted(span for writer in writers for span in
                       ((each["position"], each["event_count"]) for each in writer.answers.values()))
        for before, after in zip(taken, taken[1:]):
            assert before[0] + before[1] <= after[0], ("two commands at one place", before, after)
        streams = [each["stream"] for writer in writers for each in writer.answers.values()]
        assert len(streams) == len(set(streams)), "two people in one stream"
        world.store.run("verify")
        world.start()
    print(json.dumps({"kills": kills, "acknowledged": len(taken), "sent again": resent, "lost": 0}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50,
         int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32))
