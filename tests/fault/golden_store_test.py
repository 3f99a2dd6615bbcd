#!/usr/bin/env python3
"""F-28: a store that an earlier build wrote opens with this one, and holds the same events and views.

tests/golden/store.tar.xz is a data directory without its views, which every build makes from the log;
tests/golden/store.txt is what it told when it was written: the signed head, each event with its leaf, its stored bytes
and its texts as digests, what a repeated command is answered, the root of each view. A byte that is read in another
way changes a line. CARTELLA_WRITE_GOLDEN=1 writes store.txt anew, for a view that changed; =store writes both, for a
format that changed. All people are invented. GOLDEN_STORE names the program.
"""
import io
import os
import subprocess
import tarfile
import tempfile

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden")
PACKED, EXPECTED = os.path.join(GOLDEN, "store.tar.xz"), os.path.join(GOLDEN, "store.txt")
PROGRAM = os.environ["GOLDEN_STORE"]
BYTES_MAX = 200 * 1024
LEFT_OUT = ("views", "LOG", "LOCK")


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (words, done.returncode, done.stderr)
    return done.stdout


def kept(entry):
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    name = os.path.basename(entry.name)
    return None if name in LEFT_OUT or name.startswith("LOG.old") else entry


def pack(data):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=9) as archive:
        archive.add(data, arcname="data", filter=kept)
    assert len(packed.getvalue()) <= BYTES_MAX, len(packed.getvalue())
    with open(PACKED, "wb") as out:
        out.write(packed.getvalue())


def unpack(root):
    with tarfile.open(PACKED) as archive:
        archive.extractall(root)
    return os.path.join(root, "data")


def compare(expected, found):
    want, have = expected.splitlines(), found.splitlines()
    for one, other in zip(want, have):
        assert one == other, "store.txt says\n%s\nand now it is\n%s" % (one, other)
    assert len(want) == len(have), (len(want), len(have))


def main():
    writes = os.environ.get("CARTELLA_WRITE_GOLDEN", "")
    with tempfile.TemporaryDirectory(prefix="cartella-") as root:
        if writes == "store":
            fresh = os.path.join(root, "fresh")
            os.mkdir(fresh, mode=0o700)
            run("write", fresh)
            pack(fresh)
        data = unpack(root)
        found = run("tell", data)
        if writes:
            with open(EXPECTED, "w", encoding="utf-8") as out:
                out.write(found)
        with open(EXPECTED, encoding="utf-8") as source:
            expected = source.read()
        compare(expected, found)
        compare(expected, run("tell", data))  # what this build has written of it, too


if __name__ == "__main__":
    main()
