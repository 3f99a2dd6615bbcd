#!/usr/bin/env python3
"""F-29: the real server under mixed load over TLS; nothing grows but what the log makes grow.

Usage: soak.py [MINUTES [CLIENTS]]; default 30 and 4; in CI half a minute. Each client registers people, opens cards,
searches, looks at people and at their timelines, and sends some commands twice. Every few seconds resident memory,
open files (tables apart), threads, bytes on disk and events are read from /proc and from the server. The first third
is to warm up; then, between the second third and the last:
  - threads and open files that are not tables: no more than before, but for one or two;
  - resident memory: for each event what tables in memory may keep until they are full, and never above 512 MiB;
  - disk: a bound for each event, and a bound for the journal's segments and what merges are under way.
At the end the server ends by itself within ten seconds, and `verify` finds nothing.
"""
import glob
import json
import os
import random
import statistics
import sys
import threading
import time

import api_client
import api_world
from api_client import ENTE, OFFICE
from api_world import WORKERS, World

SAMPLES_MIN, SAMPLE_SECONDS_MAX = 12, 5
MIB = 1 << 20
EVENT_BYTES_MAX = 8 * 1024  # on disk, all families, views and vault, before merges have taken the old away
DISK_SLACK = 256 * MIB
# Until they are full, the tables in memory keep what was written since the last flush, with its views and keys.
EVENT_MEMORY_MAX = 12 * 1024
MEMORY_SLACK = 32 * MIB
MEMORY_MAX = 512 * MIB  # tables and caches, all full
FILES_SLACK = 2
CLOSE_SECONDS_MAX = 10


class Load(threading.Thread):
    def __init__(self, world, bearer, index, stop, seed):
        super().__init__()
        self.client = api_client.Client(world.server, world.contract, bearer)
        self.index, self.stop, self.rng = index, stop, random.Random(seed * 64 + index)
        self.people, self.done, self.failure = [], 0, None

    def run(self):
        try:
            while not self.stop.is_set():
                self.step()
                self.done += 1
        except BaseException as failure:  # pylint: disable=broad-except
            self.failure = failure
        self.client.close()

    def call(self, operation, body, status, **words):
        """A full queue or a quota is an answer, too: a moment later, then."""
        while True:
            answer = self.client.call(operation, body, **words)
            if answer.status != 429:
                assert answer.status == status, (operation, answer.status, answer.body[:500])
                return answer
            time.sleep(0.05)

    def step(self):
        kind = self.rng.randrange(6)
        if kind == 0 or not self.people:
            headers = {"Idempotency-Key": api_client.uuid7()}
            body = {"identity": {"surname": "Provetti%d" % self.rng.randrange(200),
                                 "name": "N%d" % self.index, "sex": "F", "birth_date": "1959-01-01"}}
            first = self.call("registerPerson", body, 201, headers=headers).json()
            if self.rng.randrange(4) == 0:
                again = self.call("registerPerson", body, 201, headers=headers).json()
                assert again["stream"] == first["stream"], (first, again)
            self.people = self.people[-500:] + [first]
            return
        person = self.rng.choice(self.people)
        if kind == 1:
            self.call("openCard", {"person": person["stream"], "access_date": "2026-06-12", "mode": "Di Persona",
                                   "office": OFFICE, "worker": WORKERS["segretariato"], "informed": True}, 201)
        elif kind == 2:
            self.call("searchPeople", {"surname": "Provetti%d" % self.rng.randrange(200), "name": "N%d" % self.index,
                                       "birth_year": 1959}, 200)
        elif kind == 3:
            self.call("showPersonTimeline", None, 200, person=person["stream"], query=api_world.after(person))
        else:
            self.call("showPerson", None, 200, person=person["stream"], query=api_world.after(person))


def sample(world):
    pid = world.server.process.pid
    with open("/proc/%d/status" % pid, encoding="ascii") as source:
        status = dict(line.split(":", 1) for line in source if ":" in line)
    files = 0
    for each in glob.glob("/proc/%d/fd/*" % pid):
        try:
            files += not os.readlink(each).endswith(".sst")
        except OSError:
            pass  # closed meanwhile
    disk = 0
    for folder, _, names in os.walk(world.store.data):
        for name in names:
            try:
                disk += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                pass
    note = world.store.run("stats", "--format", "json").stdout
    events = {row["name"]: row["value"] for row in json.loads(note)["log"]}["events"]
    return {"rss": int(status["VmRSS"].split()[0]) * 1024, "threads": int(status["Threads"]), "files": files,
            "disk": disk, "events": int(events)}


def judge(samples):
    third = len(samples) // 3
    assert third >= 4, "too short to tell"
    middle, last = samples[third:2 * third], samples[-third:]

    def grown(name):
        return (statistics.median(each[name] for each in last)
                - statistics.median(each[name] for each in middle))

    def highest(name):
        return max(each[name] for each in middle), max(each[name] for each in last)

    events = grown("events")
    found = {"events": events, **{name: grown(name) for name in ("rss", "disk", "threads", "files")}}
    assert events > 0, "no event was written"
    before, after = highest("threads")
    assert after <= before + FILES_SLACK, ("threads", before, after)
    before, after = highest("files")
    assert after <= before + FILES_SLACK, ("open files", before, after)
    assert found["disk"] <= events * EVENT_BYTES_MAX + DISK_SLACK, found
    assert found["rss"] <= events * EVENT_MEMORY_MAX + MEMORY_SLACK, found
    assert highest("rss")[1] <= MEMORY_MAX, (found, highest("rss"))
    return found


def main(minutes, clients, seed):
    print("seed", seed, flush=True)
    with World("referente_applicativo", "segretariato", words=("--requests-per-second", "100000")) as world:
        api_client.record(world.store, "grant_role", {
            "worker": WORKERS["referente_applicativo"], "role": "segretariato", "unit": OFFICE})
        bearer = world["referente_applicativo"].call(
            "createToken", {"label": "prova", "role": "segretariato", "ente": ENTE, "unit": OFFICE}, 201).json()["bearer"]
        stop, samples = threading.Event(), []
        load = [Load(world, bearer, index, stop, seed) for index in range(clients)]
        for each in load:
            each.start()
        pause = min(SAMPLE_SECONDS_MAX, 60 * minutes / SAMPLES_MIN)
        end = time.monotonic() + 60 * minutes
        while ((time.monotonic() < end or len(samples) < SAMPLES_MIN)
               and not any(each.failure for each in load)):
            time.sleep(pause)
            samples.append(sample(world))
            if len(samples) % 6 == 1:
                print(json.dumps(samples[-1]), flush=True)
        stop.set()
        for each in load:
            each.join()
            if each.failure:
                raise each.failure
        found = judge(samples)
        started = time.monotonic()
        world.stop()
        assert time.monotonic() - started <= CLOSE_SECONDS_MAX, "the server ended slowly"
        world.store.run("verify")
        world.start()
    print(json.dumps({"minutes": minutes, "requests": sum(each.done for each in load), "grown": found,
                      "first": samples[0], "last": samples[-1]}))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 30,
         int(sys.argv[2]) if len(sys.argv) > 2 else 4, random.SystemRandom().randrange(2**32))
