#!/usr/bin/env python3
"""Backup of a server at work, kills in the middle, and restore elsewhere; damaged and old copies are refused.

Usage: backup_test.py [KILLS [SEED]]. CI runs 6 kills of the backup and 4 of the restore; the seed is printed.
"""
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import api_client
import api_world
import openapi
import product
from product import BINARY

DESK = "segretariato"


def pairs(text, table):
    return {row["name"]: row["value"] for row in json.loads(text)[table]}


class Copies:
    """A store whose second path and backups lie outside of its data directory."""

    def __init__(self, root):
        self.store = product.Store(root)
        self.second = os.path.join(root, "second")
        self.target = os.path.join(root, "copies")
        os.mkdir(self.second)
        self.store.run("init", "--ambito", "Ambito di prova", "--mode", "test", "--head-copy",
                       self.second)
        worker, username, unit = api_client.PEOPLE[DESK]
        with api_client.Server(self.store):
            for command, fields in api_world.DEFINITIONS:
                api_client.record(self.store, command, fields)
            api_client.record(self.store, "define_operator",
                              {"worker": worker, "username": username})
            api_client.record(self.store, "grant_role",
                              {"worker": worker, "role": DESK, "unit": unit})
        self.account = api_client.Account(self.store, username)

    def backup(self, expect=0):
        done = self.store.run("backup", self.target, "--format", "json", expect=expect)
        return pairs(done.stdout, "backup") if expect == 0 else done.stderr

    def verify(self, *words, expect=0):
        done = subprocess.run(
            [BINARY, "verify-backup", self.target, "--second-path", self.second, "--format", "json",
             *words], capture_output=True, text=True, check=False)
        assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
        return pairs(done.stdout, "verify-backup") if expect == 0 else done.stderr

    def elsewhere(self, name):
        other = product.Store.__new__(product.Store)
        other.root, other.passphrase = self.store.root, self.store.passphrase
        other.key_words = self.store.key_words
        other.key_words = self.store.key_words
        other.data = os.path.join(self.store.root, name)
        return other

    def restore(self, name, *words, expect=0):
        other = self.elsewhere(name)
        done = other.run("restore", self.target, "--second-path", self.second, "--format", "json",
                         *words, expect=expect)
        return other, pairs(done.stdout, "restore") if expect == 0 else done.stderr


def stats(store):
    return pairs(store.run("stats", "--format", "json").stdout, "log")


def define_need(store, index):
    api_client.record(store, "define_need", {"need": "%032x" % (index + 1),
                                             "label": "Bisogno %d" % index, "need_class": "Casa"})


def under_load(copies):
    """Appends go on while the server copies itself; every copy is whole and holds what was known."""
    stop = threading.Event()
    written, broken = [], []

    def write(client):
        try:
            while not stop.is_set():
                receipt = api_world.register(client, name="Prova%d" % len(written))
                written.append(receipt["position"] + receipt["event_count"])
        except BaseException as error:  # told in the main thread
            broken.append(error)

    with api_client.Server(copies.store, "--requests-per-second", "100000") as server:
        client = api_client.Client(server, openapi.Contract())
        client.log_in(copies.account)
        client.act_as(DESK)
        first = copies.backup()
        writer = threading.Thread(target=write, args=(client,))
        writer.start()
        meanwhile = 0
        try:
            while len(written) < 5 and not broken:
                time.sleep(0.01)
            for _ in range(3):
                known, count = written[-1], len(written)
                made = copies.backup()
                meanwhile += len(written) - count
                assert made["eventi"] >= known, (made, known)
                assert copies.verify()["radice"] == made["radice"]
        finally:
            stop.set()
            writer.join()
        client.close()
        assert not broken, broken
        last = copies.backup()
    assert meanwhile > 0 and last["eventi"] > first["eventi"], (meanwhile, first, last)
    assert last["byte scritti"] < last["byte"], last
    print("backup under load:", meanwhile, "commands durable meanwhile;", last["eventi"], "events;",
          last["byte scritti"], "of", last["byte"], "bytes written;", last["durata"])
    return last


def restored_is_equal(copies, made):
    other, said = copies.restore("elsewhere")
    assert said["eventi"] == made["eventi"] and said["radice"] == made["radice"], (said, made)
    assert said["RPO, eventi mancanti"] == "0", said
    other.run("verify")
    found = other.run("checkpoint").stdout.splitlines()
    assert found[1] == str(made["eventi"]) and found[2] == made["radice"], (found, made)
    assert stats(other)["events"] == made["eventi"]
    print("restored elsewhere: RTO", said["RTO, durata"], "RPO", said["RPO, età della copia"])
    shutil.rmtree(other.data)


def killed(copies, rng, kills):
    """F-16: a backup or a restore that is killed leaves what was there, and is repeated."""
    define_need(copies.store, 900)
    last = copies.verify()["numero"]
    began = time.monotonic()
    copies.backup()
    whole = time.monotonic() - began
    died = 0
    for _ in range(kills):
        define_need(copies.store, 901 + died)
        process = subprocess.Popen(copies.store.command("backup", copies.target),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=rng.uniform(0, whole))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            died += 1
        last = max(last, copies.verify()["numero"])
    made = copies.backup()
    assert made["numero"] > last, (made, last)
    assert not os.path.exists(os.path.join(copies.store.data, "snapshot"))
    began = time.monotonic()
    other, _ = copies.restore("killed")
    whole = time.monotonic() - began
    shutil.rmtree(other.data)
    for _ in range(max(1, kills * 2 // 3)):
        process = subprocess.Popen(
            other.command("restore", copies.target, "--second-path", copies.second),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=rng.uniform(0, whole))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            died += 1
            if os.path.exists(os.path.join(other.data, "restore.incomplete")):
                # Half a store is not opened; before there is a vault it is none.
                done = other.run("stats", expect=None)
                assert done.returncode in (1, 3), (done.returncode, done.stderr)
            elif os.path.isdir(other.data):
                shutil.rmtree(other.data)  # it was done already
        else:
            shutil.rmtree(other.data)
    _, said = copies.restore("killed")
    assert said["radice"] == made["radice"], (said, made)
    other.run("verify")
    shutil.rmtree(other.data)
    print("killed in the middle:", died)


def refused(copies, rng):
    """F-21 and F-16: a changed, cut, missing or older file is named and nothing is restored."""
    made = copies.backup()
    found = [path for path in glob.glob(os.path.join(copies.target, "objects", "*", "*"))
             if os.path.getmtime(path) > 0]
    touched = 0
    rng.shuffle(found)
    for path in found:  # most are of older copies, which the newest does not need
        if touched >= 6:
            break
        with open(path, "rb") as source:
            genuine = source.read()
        for bad in (genuine[:-1], b"", genuine[:40] + bytes([genuine[40] ^ 1]) + genuine[41:]):
            with open(path, "wb") as out:
                out.write(bad)
            done = subprocess.run([BINARY, "verify-backup", copies.target, "--second-path",
                                   copies.second], capture_output=True, text=True, check=False)
            if done.returncode == 6:  # the newest copy needs this one
                touched += 1
                _, said = copies.restore("never", expect=6)
                assert "danneggiati" in said, said
                shutil.rmtree(copies.elsewhere("never").data, ignore_errors=True)
            else:
                assert done.returncode == 0, done.stderr
        with open(path, "wb") as out:
            out.write(genuine)
    assert touched > 0
    newest = os.path.join(copies.target, "manifests", "%020d" % made["numero"])
    with open(newest, "rb") as source:
        genuine = source.read()
    shutil.copy(os.path.join(copies.target, "manifests", "%020d" % (made["numero"] - 1)), newest)
    assert "corrupt" in copies.verify(expect=6)
    os.remove(newest)
    assert str(made["numero"]) in copies.verify(expect=6)  # it is known that there was one
    with open(newest, "wb") as out:
        out.write(genuine)
    keys = os.path.join(copies.second, "backup.keys")
    os.rename(keys, keys + ".away")
    copies.verify(expect=3)
    copies.backup(expect=1)
    os.rename(keys + ".away", keys)
    assert copies.verify()["radice"] == made["radice"]
    print("refused damaged and older copies:", touched)


def full_disk(copies):
    """F-06: no space for a copy is an answer, and the copies before it stay."""
    if os.geteuid() != 0:
        print("SKIPPED: a small disk needs the right to mount one")
        return
    small = os.path.join(copies.store.root, "small")
    os.mkdir(small)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", small], check=False,
                      capture_output=True).returncode != 0:
        print("SKIPPED: no small disk can be mounted")
        return
    try:
        done = copies.store.run("backup", small, expect=7)
        assert "out_of_space" in done.stderr, done.stderr
        assert not os.listdir(os.path.join(small, "manifests"))
        copies.store.run("verify")
        copies.verify()
    finally:
        subprocess.run(["umount", small], check=True)
    print("a full disk was told of")


def keeper(root):
    """A cartella that keeps another name of what must not be opened after the drill."""
    path = os.path.join(root, "keeper")
    os.mkdir(os.path.join(root, "kept"))
    with open(path, "w", encoding="ascii") as out:
        out.write(f"""#!/usr/bin/env python3
import os, subprocess, sys
status = subprocess.call([{BINARY!r}] + sys.argv[1:])
if sys.argv[1] == "verify":
    for folder, _, names in os.walk(sys.argv[3]):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as source:
                sealed = source.read(8) == b"CRTENC01"
            if sealed or os.path.basename(folder) == "keys" and os.path.getsize(path):
                os.link(path, os.path.join({root!r}, "kept", os.path.basename(folder) + name))
sys.exit(status)
""")
    os.chmod(path, 0o700)
    return path


def drilled(copies):
    """ops/drill restores, verifies and measures the newest copy, and leaves nothing behind."""
    made = copies.backup()
    define_need(copies.store, 950)
    scratch = os.path.join(copies.store.root, "scratch")
    drill = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ops", "drill")
    words = [drill, "--passphrase-file", copies.store.passphrase, "--target", copies.target,
             "--second-path", copies.second, "--scratch", scratch, "--cartella"]
    done = subprocess.run(words + [keeper(copies.store.root)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    kept = glob.glob(os.path.join(copies.store.root, "kept", "*"))
    assert len(kept) > 2, kept
    for path in kept:
        with open(path, "rb") as source:
            begin = source.read(4096)
        assert begin == bytes(len(begin)), path
    words.append(BINARY)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["root"] == made["radice"] and said["backup"] == made["numero"], (said, made)
    assert int(said["rpo_events"]) > 0 and said["rto_ms"] > 0, said
    assert not os.listdir(scratch)
    # What a drill restored is not for use.
    other, _ = copies.restore("drilled", "--drill")
    done = other.run("record", expect=1, stdin=json.dumps({
        "command": "define_need", "fields": {"need": "%032x" % 951, "label": "Mai",
                                             "need_class": "Casa"}}))
    assert "prova di ripristino" in done.stderr, done.stderr
    shutil.rmtree(other.data)
    # The newest is of the newest backup, which a drill restores.
    path = max(glob.glob(os.path.join(copies.target, "objects", "*", "*")), key=os.path.getmtime)
    with open(path, "rb") as source:
        genuine = source.read()
    with open(path, "wb") as out:
        out.write(genuine[:-1])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 6 and "FALLITA" in done.stderr, (done.returncode, done.stderr)
    with open(path, "wb") as out:
        out.write(genuine)
    print("drill:", said)


def upgraded(copies):
    """F-28: upgrade looks first, makes a way back, and a directory of a newer build is left alone."""
    version = os.path.join(copies.store.data, "data-version")
    before = copies.verify()["numero"]
    copies.store.run("upgrade", "--check")
    assert copies.verify()["numero"] == before
    copies.store.run("upgrade", expect=2)  # without a place for the copy
    copies.store.run("upgrade", copies.target)
    made = copies.verify()
    assert made["numero"] == before + 1, made
    other, said = copies.restore("back")
    assert said["radice"] == made["radice"]
    other.run("verify")
    shutil.rmtree(other.data)
    with open(version, encoding="ascii") as source:
        genuine = source.read()
    with open(version, "w", encoding="ascii") as out:
        out.write("2\n")
    for verb in (("stats",), ("upgrade", "--check")):
        assert "unsupported" in copies.store.run(*verb, expect=1).stderr
    with open(version, "w", encoding="ascii") as out:
        out.write(genuine)
    copies.store.run("stats")
    print("upgraded, with a way back")


def main(kills, seed):
    print("seed", seed)
    rng = random.Random(seed)
    with product.temporary() as root:
        copies = Copies(root)
        made = under_load(copies)
        restored_is_equal(copies, made)
        killed(copies, rng, kills)
        refused(copies, rng)
        full_disk(copies)
        drilled(copies)
        upgraded(copies)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6,
         int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big"))
