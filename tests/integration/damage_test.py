#!/usr/bin/env python3
"""Each kind of damage to a data directory is found by opening or verifying it, and named."""
import glob
import os
import random
import shutil
import sys

import product


def flip(path, rng, low=0.05, high=0.95):
    size = os.path.getsize(path)
    at = int(size * rng.uniform(low, high))
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


def refuses(store, what, names=()):
    done = store.run("verify", expect=None)
    assert done.returncode != 0, what + ": verify found nothing"
    assert done.returncode in (1, 6), "%s: exit code %d\n%s" % (what, done.returncode, done.stderr)
    said = done.stdout + done.stderr
    for name in names:
        assert name in said, "%s: '%s' is not named in:\n%s" % (what, name, said)
    print("found:", what, "|", said.strip().splitlines()[-1][:160])


def flips(whole, rng):
    for what, pattern in (("log SST", "log/*.sst"), ("vault SST", "vault/*.sst"),
                          ("view SST", "views/*.sst"), ("reference SST", "reference/*.sst"),
                          ("log MANIFEST", "log/MANIFEST-*"), ("log CURRENT", "log/CURRENT"),
                          ("vault MANIFEST", "vault/MANIFEST-*"), ("vault CURRENT", "vault/CURRENT"),
                          ("shard file", "keys/shards")):
        store = whole.copy("damaged")
        path = rng.choice(files(store, pattern))
        at = flip(path, rng)
        refuses(store, "flipped bit in %s (%s at %d)" % (what, os.path.basename(path), at))
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
                          ("shard file", "keys/shards"), ("journal segment", "journal/*.seg")):
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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else int.from_bytes(os.urandom(4), "big"))
