#!/usr/bin/env python3
"""Kills -9 in the middle of an import lose no acknowledged event and end in the expected totals.

Usage: kill_test.py [KILLS [SEED]]. CI runs 50 kills; the seed is printed and replays the delays.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

import product


def events(store):
    out = store.run("stats", "--format", "json").stdout
    rows = json.loads(out)["log"]
    return {row["name"]: row["value"] for row in rows}["events"]


def main(kills, seed):
    product.need_shared()
    print("seed", seed)
    rng = random.Random(seed)
    expected, registry, predecessor = product.sample("zona7")
    with product.temporary() as root:
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        started = time.monotonic()
        reference = store.copy("measure")
        reference.run("import", "registry", *registry)
        reference.run("import", "predecessor", predecessor)
        whole = time.monotonic() - started
        full = events(reference)
        checkpoint = os.path.join(root, "checkpoint")
        known = 0
        done = 0
        for index in range(kills):
            if index == kills // 4:
                # The order of imports decides what is a first fact; both runs have the same one.
                store.run("import", "registry", *registry)
            verb = (["import", "registry", *registry] if index < kills // 4
                    else ["import", "predecessor", predecessor])
            said = open(os.path.join(root, "stderr"), "w+", encoding="utf-8")
            process = subprocess.Popen(store.command(*verb), stdout=subprocess.DEVNULL, stderr=said)
            try:
                process.wait(timeout=rng.uniform(0.05, max(0.4, whole / 3)))
                done += process.returncode == 0
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            said.seek(0)
            assert process.returncode in (0, -signal.SIGKILL), (process.returncode, said.read())
            said.close()
            if index % 5 == 4:
                # What was durable before stays: the log only grows, and the old checkpoint is in it.
                now = events(store)
                assert now >= known, (now, known)
                known = now
                if os.path.exists(checkpoint):
                    store.run("verify", "--tree-only", "--against", checkpoint)
                with open(checkpoint, "w", encoding="utf-8") as out:
                    out.write(store.run("checkpoint").stdout)
        store.run("import", "registry", *registry)
        store.run("import", "predecessor", predecessor)
        product.compare(expected, product.totals(store))
        store.run("verify", "--against", checkpoint)
        # Openings of an import that was killed may stand twice; facts may not.
        found = events(store)
        assert full <= found <= full + kills, (full, found)
        print("kills", kills - done, "finished before the kill", done, "events", found,
              "without kills", full)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50,
         int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big"))
