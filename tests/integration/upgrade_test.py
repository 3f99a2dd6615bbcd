#!/usr/bin/env python3
"""F-28: the store that a test keeps, which an earlier program made, through the command line of this one.

This program writes a later revision of an event than that one did, so the log has no schema of it: what only reads
works, what would write is refused and names the way out, `upgrade` registers what is missing, once, behind a copy, and
from then on everything works. All people are invented.
"""
import json
import os
import shutil
import tarfile

import backup_test
import product

PACKED = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden", "store.tar.xz")


def unpacked(root):
    """With the file that every data directory has had since, taken from a new one without second paths."""
    new = product.Store(os.path.join(root, "new"))
    new.run("init", "--ambito", "Ambito nuovo", "--mode", "test")
    old = product.Store(os.path.join(root, "old"))
    with tarfile.open(PACKED) as archive:
        archive.extractall(old.root)
    shutil.copy(os.path.join(new.data, "second-paths.json"), old.data)
    with open(old.passphrase, "w", encoding="utf-8") as out:
        out.write("prova\n")
    return old


# It was last written when it was made: a clock so far on is believed where somebody says so.
SURE = "--confirm-clock"


def need(store, number, expect=0):
    return store.run("record", SURE, expect=expect, stdin=json.dumps({
        "command": "define_need", "fields": {"need": "%032x" % number, "label": "Da allora",
                                             "need_class": "Casa"}}))


def main():
    with product.temporary() as root:
        for name in ("new", "old"):
            os.mkdir(os.path.join(root, name))
        store = unpacked(root)
        before = backup_test.stats(store)["events"]
        store.run("verify")
        refused = need(store, 961, expect=1)
        assert "cartella upgrade" in refused.stderr and "ErasureCompleted" in refused.stderr, refused.stderr
        store.run("upgrade", "--check")
        assert backup_test.stats(store)["events"] == before, "a check changed the log"

        store.run("upgrade", SURE, os.path.join(root, "copies"))
        assert backup_test.stats(store)["events"] in (before + 1, before + 2), "a schema, and the clock"
        before = backup_test.stats(store)["events"]
        store.run("upgrade", SURE, os.path.join(root, "copies"))
        assert backup_test.stats(store)["events"] == before, "once"
        need(store, 962)
        store.run("verify")
    print("a store of an earlier program was read, refused to writers, upgraded and written")


main()
