#!/usr/bin/env python3
"""Go's note and tlog packages accept what `cartella checkpoint` and `prove` print, and refuse changes."""
import json
import os
import subprocess

import product


def build_verifier(folder):
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "notes", "verify.go")
    program = os.path.join(folder, "verify")
    environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOFLAGS="",
                       GOCACHE=os.path.join(folder, "gocache"))
    subprocess.run(["go", "build", "-o", program, source], env=environment, check=True)
    return program


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as out:
        out.write(content)
    return path


def accepts(program, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


def changed(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]


def first_event(store, cards):
    """The first event of the first card of the sample that is in the store."""
    for card in cards:
        done = store.run("timeline", "--format", "json", stdin="scheda %d\n" % card, expect=None)
        if done.returncode == 0:
            return json.loads(done.stdout)["timeline"][0]["event"]
    raise AssertionError("no card of the sample is in the store")


def check_growth(root, program, store, vkey, earlier, checkpoint):
    """The newer checkpoint contains the older one; sizes without such a proof are refused."""
    old_size, size = (int(note.splitlines()[1]) for note in (earlier, checkpoint))
    assert 0 < old_size < size
    old_file = write(root, "earlier", earlier)
    proof = store.run("prove", "--consistency", str(old_size)).stdout.encode()
    assert proof.startswith(b"old %d\n" % old_size) and proof.endswith(b"\n\n" + checkpoint)
    assert accepts(program, "growth", vkey, old_file, write(root, "growth", proof))
    answer = json.loads(store.run("prove", "--consistency", str(old_size), "--format", "json").stdout)
    assert answer["proof"].encode() == proof and answer["old_size"] == old_size
    lines = proof.split(b"\n\n")[0].splitlines()
    for at, line in enumerate(lines):
        bad = proof.replace(line, changed(line, 4), 1)
        assert not accepts(program, "growth", vkey, old_file, write(root, "bad", bad)), at
    missing = proof.replace(lines[-1] + b"\n", b"", 1)
    assert not accepts(program, "growth", vkey, old_file, write(root, "bad", missing))
    # The checkpoint as it stands contains itself, with nothing to show for it.
    same = store.run("prove", "--consistency", str(size)).stdout.encode()
    assert same == b"old %d\n\n" % size + checkpoint
    assert accepts(program, "growth", vkey, write(root, "checkpoint", checkpoint),
                   write(root, "growth", same))
    store.run("prove", "--consistency", "0", expect=2)
    store.run("prove", "--consistency", str(size + 1), expect=3)
    store.run("prove", "--consistency", "-1", expect=2)
    store.run("prove", expect=2)
    store.run("prove", "00" * 16, "--consistency", "1", expect=2)
    return old_size


def main():
    product.need_shared()
    expected, registry, predecessor = product.sample("zona7")
    with product.temporary() as root:
        program = build_verifier(root)
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        store.run("import", "registry", *registry)
        earlier = store.run("checkpoint").stdout.encode()
        store.run("import", "predecessor", predecessor)

        event = first_event(store, range(1, 50))  # a look, which makes the log longer

        answer = json.loads(store.run("checkpoint", "--format", "json").stdout)
        vkey = write(root, "vkey", answer["vkey"].encode())
        checkpoint = answer["checkpoint"].encode()
        assert store.run("checkpoint").stdout.encode() == checkpoint
        good = write(root, "checkpoint", checkpoint)
        assert accepts(program, "checkpoint", vkey, good)
        for at in (0, checkpoint.index(b"\n") + 1, len(checkpoint) - 20):
            bad = write(root, "bad", changed(checkpoint, at))
            assert not accepts(program, "checkpoint", vkey, bad), at

        proved = json.loads(store.run("prove", event, "--format", "json").stdout)
        leaf = bytes.fromhex(proved["leaf"])
        proof = proved["proof"].encode()
        leaf_file = write(root, "leaf", leaf)
        proof_file = write(root, "proof", proof)
        assert accepts(program, "inclusion", vkey, leaf_file, proof_file)
        for at in range(0, len(leaf), 17):
            assert not accepts(program, "inclusion", vkey, write(root, "bad", changed(leaf, at)),
                               proof_file), at
        hash_line = proof.splitlines()[2]
        other = proof.replace(hash_line, changed(hash_line, 3), 1)
        assert not accepts(program, "inclusion", vkey, leaf_file, write(root, "bad", other))
        grown_from = check_growth(root, program, store, vkey, earlier, checkpoint)
        print("accepted: growth from %d events" % grown_from)
        print("accepted: a checkpoint of %s events and the proof of position %d" % (
            checkpoint.splitlines()[1].decode(), proved["position"]))


if __name__ == "__main__":
    main()
