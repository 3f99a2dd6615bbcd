#!/usr/bin/env python3
"""F-16: `rebuild` and `upgrade` of the real binary, killed at any operation on a file, and done again.

Usage: steps_kill_test.py [KILLS [SEED]]. CI kills each verb 3 times; KILLS of 0 kills at every operation in turn. The
seed is printed. The injector (FAULT_INJECT) ends the process at its n-th write, sync, rename, creation, truncation or
removal below the data directory, half of the time with the operation half done. After each kill `verify` finds
nothing and no event is lost; done again the verb succeeds, and the reports are what they were. A copy that a killed
upgrade left does not disturb the next one.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys

import product
import record_test

INJECT = os.environ["FAULT_INJECT"]
REPORTS = ("people", "cases", "deliveries")
NTH_MAX = 1 << 20


def make(store):
    store.run("init", "--ambito", "Ambito di prova", "--mode", "test", "--head-copy", second(store))
    record_test.define(store)
    person = record_test.stream_of(record_test.act(store, "register_person", {
        "identity": {"surname": "Provetta", "name": "Fittizia", "sex": "F"}}))
    case = record_test.open_and_take_in_charge(store, person)
    record_test.correct_a_benefit(store, person, case)


def second(store):
    folder = os.path.join(store.root, "second")
    os.makedirs(folder, exist_ok=True)
    return folder


def words_of(store, verb):
    return ("rebuild",) if verb == "rebuild" else ("upgrade", os.path.join(store.root, "copies"))


def events(store):
    rows = json.loads(store.run("stats", "--format", "json").stdout)["log"]
    return {row["name"]: row["value"] for row in rows}["events"]


def told(store):
    """Every cell of the reports; that they were shown is recorded."""
    return [store.report(name) for name in REPORTS]


def start_afresh(store, root):
    """The store as it was made, with its second path: an upgrade takes a copy and writes its keys there."""
    for name in ("data", "second", "copies"):
        shutil.rmtree(os.path.join(store.root, name), ignore_errors=True)
        if os.path.isdir(os.path.join(root, "kept", name)):
            shutil.copytree(os.path.join(root, "kept", name), os.path.join(store.root, name))


def killed_at(store, verb, nth, act):
    """False: the verb ended before its n-th operation."""
    report = os.path.join(store.root, "fired")
    if os.path.exists(report):
        os.remove(report)
    environment = dict(os.environ, LD_PRELOAD=INJECT,
                       CARTELLA_FAULT="root=%s;op=all;nth=%d;act=%s;report=%s" % (
                           store.data, nth, act, report))
    done = subprocess.run(store.command(*words_of(store, verb)), env=environment, text=True,
                          capture_output=True, check=False)
    fired = os.path.exists(report)
    assert done.returncode == (-signal.SIGKILL if fired else 0), (verb, nth, act, done)
    return fired


def operations(store, root, verb):
    """How many there are, by halving."""
    low, high = 0, 512
    while True:
        start_afresh(store, root)
        if not killed_at(store, verb, high, "kill"):
            break
        low, high = high, 2 * high
        assert high < NTH_MAX
    while high - low > high // 4:
        start_afresh(store, root)
        middle = (low + high) // 2
        low, high = (middle, high) if killed_at(store, verb, middle, "kill") else (low, middle)
    return low


def kill_and_repeat(store, root, verb, nth, act, expected):
    start_afresh(store, root)
    fired = killed_at(store, verb, nth, act)
    store.run("verify")
    before, added, reports = expected
    now = events(store)
    assert before <= now <= before + added, (verb, nth, act, now, expected)
    store.run(*words_of(store, verb))
    store.run("verify")
    now = events(store)
    assert before + added <= now <= before + 2 * added, (verb, nth, act, now, expected)
    assert told(store) == reports, (verb, nth, act, told(store), expected)
    return fired


def main(kills, seed):
    print("seed", seed)
    rng = random.Random(seed)
    with product.temporary() as root:
        store = product.Store(root)
        make(store)
        for name in ("data", "second"):
            shutil.copytree(os.path.join(root, name), os.path.join(root, "kept", name))
        before = events(store)
        reports = told(store)
        for verb in ("rebuild", "upgrade"):
            start_afresh(store, root)
            store.run(*words_of(store, verb))
            expected = (before, events(store) - before, reports)  # that it was done is recorded
            last = operations(store, root, verb)
            chosen = (range(1, last + 1) if kills == 0
                      else sorted(rng.randint(1, last) for _ in range(kills)))
            fired = sum(kill_and_repeat(store, root, verb, nth, rng.choice(("kill", "torn")), expected)
                        for nth in chosen)
            assert fired > 0, "nothing was killed"
            print(verb, "operations", last, "runs", len(chosen), "kills", fired, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3,
         int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big"))
