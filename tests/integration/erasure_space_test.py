#!/usr/bin/env python3
"""F-06 at the end of an erasure: decided, killed after a step, and the disk is full when it goes on.

Nobody finds the person meanwhile, a verb that is refused says why; with room again the next one ends the erasure, and no
file holds a text of the person. As root, on a file system in memory whose size changes.
"""
import json
import os

import api_space_test as space
import erasure_test
import product
import record_test as record

# Left on the disk, in MiB: nothing at all, too little for the views, and below the reserve of commands.
LEFT = (0, 2, space.FULL, space.TIGHT)


def stays_hidden(store, proposal):
    """A full disk may end the verb, but then it says so, and no answer names the person."""
    refused = 0
    for words, stdin in ((("stats",), ""), (("person",), "nome Canarinovolante\n"),
                         (("person",), "cf %s\n" % erasure_test.CODICE),
                         (("erasure", "status"), "")):
        done = store.run(*words, "--format", "json", stdin=stdin, expect=None)
        assert "Canarinovolante" not in done.stdout + done.stderr, done
        assert done.returncode in (0, 3, 7, 8), (words, done.returncode, done.stderr)
        if done.returncode in (7, 8):  # of the system, or to be tried again: both tell of the disk
            assert "out_of_space" in done.stderr or "disk is full" in done.stderr, done.stderr
            refused += 1
        elif words[0] == "erasure":
            standing = {row["proposal"]: row["standing"] for row in json.loads(done.stdout)["erasures"]}
            assert standing[proposal] == "decisa, in esecuzione", standing
    return refused


def main():
    with product.temporary() as root, space.Disk(root) as disk:
        store = product.Store(root)
        store.data = os.path.join(disk.place, "data")
        store.init(["D653"])
        record.define(store)
        erasure_test.people(store)
        for left, step in zip(LEFT, erasure_test.STEPS):
            erasure_test.register(store)
            proposal = erasure_test.propose(store)
            erasure_test.decide_and_kill(store, erasure_test.decide_words(store, proposal), step)
            disk.leave_free(left)
            refused = stays_hidden(store, proposal)
            disk.leave_free(space.ROOMY)
            erasure_test.check_forgotten(store, proposal)
            print("killed after: %s; %d MiB left: %d verbs refused, then ended" % (step, left, refused),
                  flush=True)


main()
