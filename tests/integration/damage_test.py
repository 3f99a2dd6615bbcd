#!/usr/bin/env python3
"""Each kind of damage to a data directory is found by opening or verifying it, and named."""
import glob
import os
import random
import shutil
import sys

import product


def flip(path, rng):
    """One bit of a byte that holds data: encrypted files start with a page of which most is unused."""
    size = os.path.getsize(path)
    encrypted = os.path.basename(os.path.dirname(path)) in ("views", "reference", "accounts")
    at = rng.randrange(4096 if encrypted else 0, size)
    with open(path, "r+b") as out:
        out.seek(at)
        byte = out.read(1)
        out.seek(at)
        out.write(bytes([byte[0] ^ (1 << rng.randrange(8))]))
    return at


def files(store, pattern):
    found = sorted(glob.glob(os.path.join(store.data, pattern), recursive=True))
    assert found, "no file matches " + pattern
    return [path for path in found if os.path.getsize(path) > 0]


MISSED = []


def refuses(store, what):
    done = store.run("verify", expect=None)
    said = (done.stdout + done.stderr).strip()
    if done.returncode in (1, 6):
        print("found:", what, "|", said.splitlines()[-1][:200])
    else:
        MISSED.append(what)
        print("MISSED:", what, "| exit code", done.returncode, said[-400:])


def flips(whole, rng):
    for what, pattern in (("log SST", "log/*.sst"), ("vault SST", "vault/*.sst"),
                          ("view SST", "views/*.sst"), ("reference SST", "reference/*.sst"),
                          ("log MANIFEST", "log/MANIFEST-*"), ("log CURRENT", "log/CURRENT"),
                          ("vault MANIFEST", "vault/MANIFEST-*"), ("vault CURRENT", "vault/CURRENT"),
                          ("shard file", "keys/shards"),
                          ("file of second paths", "second-paths.json")):
        store = whole.copy("damaged")
        path = rng.choice(files(store, pattern))
        at = flip(path, rng)
        refuses(store, "flipped bit in %s (%s at %d)" % (what, os.path.basename(path), at))
        shutil.rmtree(store.data)
    # The small tables are those that RocksDB would merge away while it opens.
    for pattern in ("log/*.sst", "vault/*.sst", "views/*.sst", "reference/*.sst"):
        store = whole.copy("damaged")
        path = min(files(store, pattern), key=os.path.getsize)
        at = flip(path, rng)
        refuses(store, "flipped bit in the smallest %s (%s at %d)" % (
            pattern, os.path.basename(path), at))
        shutil.rmtree(store.data)


def journal_flips(whole, rng):
    """Only live records count: a flip in a free or padding byte changes nothing that is read."""
    for _ in range(3):
        store = whole.copy("damaged")
        path = files(store, "journal/*.seg")[0]
        with open(path, "r+b") as out:
            content = out.read()
            at = content.find(b"CRJ1", 4096 * rng.randrange(2, 40)) + rng.randrange(60, 400)
            out.seek(at)
            out.write(bytes([content[at] ^ 0x10]))
        refuses(store, "flipped bit in the live journal at %d" % at)
        shutil.rmtree(store.data)


def removed(whole):
    for what, pattern in (("log SST", "log/*.sst"), ("log MANIFEST", "log/MANIFEST-*"),
                          ("log CURRENT", "log/CURRENT"), ("vault SST", "vault/*.sst"),
                          ("shard file", "keys/shards"), ("journal segment", "journal/*.seg"),
                          ("file of second paths", "second-paths.json")):
        store = whole.copy("damaged")
        os.remove(files(store, pattern)[-1])
        refuses(store, "removed " + what)
        shutil.rmtree(store.data)


def main(seed):
    product.need_shared()
    print("seed", seed)
    rng = random.Random(seed)
    expected, registry, predecessor = product.sample("zona7")
    with product.temporary() as root:
        whole = product.Store(root)
        whole.init(sorted(expected["people_by_comune"]))
        old = whole.copy("old")
        whole.run("import", "registry", *registry)
        whole.run("import", "predecessor", predecessor)
        product.totals(whole)
        whole.run("verify")
        checkpoint = os.path.join(root, "checkpoint")
        with open(checkpoint, "w", encoding="utf-8") as out:
            out.write(whole.run("checkpoint").stdout)
        whole.run("verify", "--against", checkpoint)
        done = old.run("verify", "--against", checkpoint, expect=6)
        print("found: an older copy of the directory |", done.stderr.strip()[:160])
        flips(whole, rng)
        journal_flips(whole, rng)
        removed(whole)
    assert not MISSED, "damage that verify did not find: %s" % MISSED


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else int.from_bytes(os.urandom(4), "big"))
