#!/usr/bin/env python3
"""Outsiders vouch for the log: neighbours that watch each other, and time-stamps, with real servers.

Usage: witness_test.py [KILLS [SEED]]. CI kills a witness five times; the seed is printed and replays the delays.
"""
import hashlib
import http.client
import http.server
import json
import os
import random
import secrets
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

import api_client
import openapi
import product
import time_stamping

ASIDE = "— "  # begins a signature line of a note


def until(what, done, seconds=60):
    """Asks again until the answer is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("not in time: " + what)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def witness_verb(*words, expect=0):
    done = subprocess.run([product.BINARY, "witness", *words], capture_output=True, text=True,
                          check=False)
    assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
    return done


class Witness:
    """A witness in a directory of its own, and the process that serves it."""

    def __init__(self, root, name):
        self.dir, self.name, self.port = os.path.join(root, "witness"), name, free_port()
        self.log_path = os.path.join(root, "witness.log")
        said = witness_verb("init", self.dir, "--name", name, "--format", "json").stdout
        self.vkey = json.loads(said)["witness"][0]["vkey"]
        self.process = None

    def url(self):
        return "https://localhost:%d" % self.port

    def certificate(self):
        return os.path.join(self.dir, "tls", "cert.pem")

    def start(self, *words):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [product.BINARY, "witness", "serve", self.dir, "--listen",
                 "127.0.0.1:%d" % self.port, *words], stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout.readline(), open(self.log_path, encoding="utf-8").read()

    def end(self, how=signal.SIGTERM):
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        code = process.wait(timeout=30)
        process.stdout.close()
        assert code == (0 if how == signal.SIGTERM else -how), code

    def status(self, *words, expect=0):
        said = witness_verb("status", self.dir, "--format", "json", *words, expect=expect).stdout
        return {row["origin"]: row for row in json.loads(said)["logs"]}

    def kept(self, origin):
        """The newest checkpoint that it cosigned."""
        name = hashlib.sha256(origin.encode()).hexdigest()[:32]
        with open(os.path.join(self.dir, "state", name), encoding="utf-8") as source:
            return source.read()

    def post(self, body):
        tls = ssl.create_default_context(cafile=self.certificate())
        connection = http.client.HTTPSConnection("localhost", self.port, context=tls, timeout=30)
        connection.request("POST", "/add-checkpoint", body=body.encode())
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


class Installation:
    """A store, its server and its own witness."""

    def __init__(self, root, name):
        self.root = os.path.join(root, name)
        os.mkdir(self.root)
        self.name = name
        self.store = product.Store(self.root)
        self.store.run("init", "--ambito", "Ambito di prova", "--slug", name, "--mode", "test")
        self.vkey = json.loads(self.store.run("checkpoint", "--format", "json").stdout)["vkey"]
        self.origin = self.vkey.split("+")[0]
        self.witness = Witness(self.root, name + ".example/testimone")
        self.policy = os.path.join(self.root, "testimoni")

    def line(self):
        """What the neighbour writes into its policy."""
        return "neighbour %s %s %s Comune di %s\n" % (self.vkey, self.witness.vkey,
                                                      self.witness.url(), self.name)

    def write_policy(self, text):
        with open(self.policy, "w", encoding="utf-8") as out:
            out.write(text)

    def serve(self, *words):
        return api_client.Server(self.store, *words)


def watched_by(other):
    return ("--witness-ca", other.witness.certificate())


def write_event(store):
    api_client.record(store, "define_need", {"need": secrets.token_hex(16), "label": "Sfratto",
                                             "need_class": "Casa"})


def checkpoint_of(server, contract):
    """The published note, or nothing while there is none."""
    client = api_client.Client(server, contract)
    answer = client.raw("GET", "/v1/log/checkpoint")
    client.connection.close()
    assert answer.status in (200, 503), answer.status
    return answer.body.decode() if answer.status == 200 else ""


def size_of(note):
    return int(note.split("\n")[1])


def cosigned(server, contract, witness):
    note = checkpoint_of(server, contract)
    return note if "\n" + ASIDE + witness.name + " " in note else ""


def log_lines(server, event):
    return [line for line in map(json.loads, server.said().splitlines())
            if line.get("event") == event]


def test_two_installations_watch_each_other(one, two, contract):
    """With one line of configuration each; nothing is published before the quorum where the policy says so."""
    one.write_policy("away refuse-publishing\n" + two.line())
    two.write_policy(one.line())
    for mine in (one, two):
        mine.witness.start("--witness-policy", mine.policy)
    two.witness.end()  # its certificate is there now
    with one.serve("--witness-policy", one.policy, *watched_by(two)) as first, \
            two.serve("--witness-policy", two.policy, *watched_by(one)) as second:
        write_event(one.store)  # nobody waits for a witness that is away
        until("the server misses its witness", lambda: log_lines(first, "witness_missing"))
        assert checkpoint_of(first, contract) == ""
        note = until("a cosignature of one", lambda: cosigned(second, contract, one.witness))
        assert size_of(note) == one.witness.status("--witness-policy", one.policy)[
            two.origin]["size"]
        two.witness.start("--witness-policy", two.policy)
        until("a cosignature of two", lambda: cosigned(first, contract, two.witness))
        for mine in (one, two):
            said = mine.store.run("verify", "--tree-only", "--witness-policy", mine.policy).stderr
            assert "indipendenti dall'ospite: 1 di 1" in said, said
    said = one.store.run("verify", "--tree-only", "--witness-policy", one.policy).stderr
    assert "indipendenti dall'ospite: 1 di 1" in said, said
    one.write_policy(two.line().replace(two.witness.vkey, one.witness.vkey))
    said = one.store.run("verify", "--tree-only", "--witness-policy", one.policy).stderr
    assert "nessuno dei checkpoint conservati ha il quorum" in said, said
    one.witness.end()


def test_a_killed_witness_keeps_its_promise(one, two, contract, kills, delays):
    """Whatever it cosigned before kill -9, it knows afterwards; and the log goes on without it meanwhile."""
    one.write_policy(two.line())
    with one.serve("--witness-policy", one.policy, *watched_by(two)) as server:
        for _ in range(kills):
            write_event(one.store)
            time.sleep(delays.uniform(0.0, 1.5))
            two.witness.end(signal.SIGKILL)
            write_event(one.store)
            note = cosigned(server, contract, two.witness)
            known = two.witness.status("--witness-policy", two.policy)[one.origin]["size"]
            assert not note or known >= size_of(note), (known, note)
            two.witness.start("--witness-policy", two.policy)
        note = until("a cosignature after the kills",
                     lambda: cosigned(server, contract, two.witness))
        assert size_of(note) > kills
        assert not log_lines(server, "witness_alarm"), server.said()


def test_a_rotated_log_key_is_followed(one, two, contract):
    """The witness goes on from what it cosigned once it knows the new key, and without the old one too."""
    old = one.vkey
    watched = ("--witness-policy", one.policy, *watched_by(two))

    def restarted():
        two.witness.end()
        two.witness.start("--witness-policy", two.policy)

    with one.serve(*watched) as server:
        until("a cosignature", lambda: cosigned(server, contract, two.witness))
        said = one.store.run("keys", "rotate-log", "--format", "json").stdout
        one.vkey = json.loads(said)["archive"][0]["vkey"]
        assert one.vkey != old and one.vkey.split("+")[0] == one.origin
        write_event(one.store)
        size = size_of(newest(one.store))
        until("the server misses its witness", lambda: log_lines(server, "witness_missing"))
        said = witness_verb("follow", two.witness.dir, one.vkey).stderr
        assert "dal prossimo avvio" in said, said
    restarted()
    accepted = json.loads(witness_verb("status", two.witness.dir, "--format", "json",
                                       "--witness-policy", two.policy).stdout)["keys"]
    assert {row["vkey"] for row in accepted} == {old, one.vkey}, accepted
    with one.serve(*watched) as server:
        until("a cosignature under the new key", lambda: size_of(
            cosigned(server, contract, two.witness) or "\n0") >= size)
    two.write_policy(one.line())  # which has the new key alone
    restarted()
    accepted = json.loads(witness_verb("status", two.witness.dir, "--format", "json",
                                       "--witness-policy", two.policy).stdout)["keys"]
    assert [row["vkey"] for row in accepted] == [one.vkey], accepted
    with one.serve(*watched) as server:
        write_event(one.store)
        size = size_of(newest(one.store))
        until("a cosignature without the old key", lambda: size_of(
            cosigned(server, contract, two.witness) or "\n0") >= size)
        assert not log_lines(server, "witness_alarm"), server.said()
    assert two.witness.status("--witness-policy", two.policy)[one.origin]["unusable"] == "no"


def newest(store):
    return json.loads(store.run("checkpoint", "--format", "json").stdout)["checkpoint"]


def is_read_only(store, server=None):
    """Nothing is written any more, and whoever asks is told."""
    done = store.run("record", expect=None, stdin=json.dumps({
        "command": "define_need", "fields": {"need": secrets.token_hex(16), "label": "Mai",
                                             "need_class": "Casa"}}))
    assert done.returncode in (0, 6), done.stderr
    if server is not None:
        client = api_client.Client(server, openapi.Contract())
        assert (client.raw("GET", "/status").status == 503) == (done.returncode == 6)
        client.connection.close()
    return done.returncode == 6


def test_f21_a_rollback_that_only_the_witness_knows(one, two, contract):
    """An older copy, head copy and all, writes nothing from its start on; as a new era it goes on."""
    one.write_policy(two.line())
    watched = ("--witness-policy", one.policy, *watched_by(two))
    copy = one.store.copy("older")
    held = size_of(newest(copy))
    with one.serve(*watched) as server:
        for _ in range(3):
            write_event(one.store)
        size = size_of(newest(one.store))
        until("a cosignature", lambda: size_of(cosigned(server, contract, two.witness) or
                                               "\n0") >= size)
    with api_client.Server(copy, *watched) as server:
        alarms = until("the alarm", lambda: log_lines(server, "witness_alarm"))
        assert [line["says"] for line in alarms] == ["ahead"]
        assert is_read_only(copy, server), server.said()
    two.witness.end()
    with api_client.Server(copy, *watched) as server:  # the witness is away: it was heard once
        assert is_read_only(copy, server), server.said()
    two.witness.start("--witness-policy", two.policy)
    done = copy.run("accept-older-head", "--size", str(held), "--reason",
                    "prova: solo il testimone sa di più", "--format", "json")
    era = {row["name"]: row["value"] for row in json.loads(done.stdout)["accept-older-head"]}
    witness_verb("follow", two.witness.dir, era["chiave"])
    two.witness.end()
    two.witness.start("--witness-policy", two.policy)
    with api_client.Server(copy, *watched) as server:
        assert not is_read_only(copy, server), server.said()
        note = until("a cosignature of the new era",
                     lambda: cosigned(server, contract, two.witness))
        assert note.splitlines()[0] == era["origine"], note
    copy.run("verify", "--witness-policy", one.policy)


def test_f22_a_fork_is_refused(one, two, contract):
    """A copy of the store that goes another way: its own server hears of it, and the witness keeps the proof."""
    copy = one.store.copy("copy")
    with one.serve("--witness-policy", one.policy, *watched_by(two)) as server:
        for _ in range(3):
            write_event(one.store)
        size = size_of(newest(one.store))
        until("a cosignature", lambda: size_of(cosigned(server, contract, two.witness) or
                                               "\n0") >= size)
    size = two.witness.status("--witness-policy", two.policy)[one.origin]["size"]
    true_note = two.witness.kept(one.origin)
    while size_of(newest(copy)) < size:
        write_event(copy)
    fork = newest(copy)
    assert size_of(fork) == size and fork.split("\n")[:3] != true_note.split("\n")[:3], fork
    status, body = two.witness.post("old %d\n\n%s" % (size, fork))
    assert status == 409 and body == "%d\n" % size, (status, body)
    write_event(copy)
    with api_client.Server(copy, "--witness-policy", one.policy, *watched_by(two)) as server:
        alarms = until("the alarm", lambda: log_lines(server, "witness_alarm"))
        assert [line["says"] for line in alarms] == ["inconsistent"]
        assert is_read_only(copy, server), server.said()
    assert is_read_only(copy), "the next start forgot what the witness said"
    row = two.witness.status("--witness-policy", two.policy, expect=6)[one.origin]
    assert row["fork"] == "sì" and row["size"] == size, row
    evidence = os.path.join(two.witness.dir, "evidence")
    texts = [open(os.path.join(evidence, name), encoding="utf-8").read()
             for name in os.listdir(evidence) if name.endswith(".fork")]
    assert len(texts) == 1 and fork in texts[0], texts
    assert true_note in texts[0], texts


def liar():
    """A witness that has seen a million events more than there are, and shows nothing for it."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b"1000000\n"
            self.send_response(409 if self.path == "/add-checkpoint" else 404)
            self.send_header("Content-Type", "text/x.tlog.size")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_f26_a_witness_that_lies_stops_nothing(one, two, contract):
    """One of two says that there is more: an alarm, and the other one cosigns what is written meanwhile."""
    false = liar()
    root = os.path.join(one.root, "bugiardo")
    os.mkdir(root)
    its_key = Witness(root, "bugiardo.example/testimone").vkey
    one.write_policy(two.line() + "witness %s http://127.0.0.1:%d independent Bugiardi\n" %
                     (its_key, false.server_port))
    with one.serve("--witness-policy", one.policy, *watched_by(two)) as server:
        alarm = until("the alarm", lambda: log_lines(server, "witness_alarm"))[0]
        assert (alarm["says"], alarm["proved"]) == ("ahead", 0), alarm
        assert not is_read_only(one.store, server), server.said()
        size = size_of(newest(one.store))
        until("a cosignature", lambda: size_of(cosigned(server, contract, two.witness) or
                                               "\n0") >= size)
    assert not os.path.exists(os.path.join(one.store.data, "witness.alarm"))
    false.shutdown()
    false.server_close()
    one.write_policy(two.line())


def newest_stamp(data):
    """The newest anchor with a time-stamp, read as docs/data_formats.md says: note and DER."""
    folder = os.path.join(data, "anchors")
    for name in sorted(os.listdir(folder), reverse=True):
        with open(os.path.join(folder, name), "rb") as source:
            anchor = source.read()
        assert anchor[:4] == b"CRTA" and hashlib.sha256(anchor[:-32]).digest() == anchor[-32:]
        (length,) = struct.unpack_from(">I", anchor, 13)
        note, rest = anchor[17:17 + length], anchor[17 + length:]
        if struct.unpack_from(">H", rest)[0]:
            (length,) = struct.unpack_from(">I", rest, 2)
            return note, rest[6:6 + length]
    raise AssertionError("no time-stamp is kept")


def openssl_agrees(authority, note, stamp):
    """The program that others use says the same of what is kept."""
    path = os.path.join(authority.root, "kept")
    with open(path, "wb") as out:
        out.write(stamp)
    return subprocess.run(["openssl", "ts", "-verify", "-digest", hashlib.sha256(note).hexdigest(),
                           "-in", path, "-CAfile", authority.ca()], capture_output=True,
                          check=False).returncode == 0


def test_f26_time_stamps_are_kept_once_the_authority_answers(one, root):
    """An authority that fails in any way keeps nothing from working, and leaves nothing behind."""
    honest = time_stamping.Authority(os.path.join(root, "tsa"))
    stranger = time_stamping.Authority(os.path.join(root, "other"))
    http_server = time_stamping.responder((honest, stranger))
    words = ("--time-stamp-url", "http://127.0.0.1:%d/tsa" % http_server.server_port,
             "--time-stamp-ca", honest.ca(), "--time-stamp-every", "1")
    with one.serve(*words) as server:
        for mode in ("well", "failing", "rubbish", "long", "other hash", "stranger", "slow"):
            honest.mode = mode
            event = "time_stamped" if mode == "well" else "time_stamp_missing"
            before = len(log_lines(server, event))
            write_event(one.store)
            until("answer of an authority that is " + mode,
                  lambda: len(log_lines(server, event)) > before)
            honest.mode = "well"
            stamped = size_of(newest(one.store))
            until("a time-stamp afterwards", lambda: [
                line for line in log_lines(server, "time_stamped") if line["size"] >= stamped])
    http_server.shutdown()
    http_server.server_close()
    with one.serve(*words) as server:  # nobody is there
        write_event(one.store)
        until("an authority that is away", lambda: log_lines(server, "time_stamp_missing"))
    note, stamp = newest_stamp(one.store.data)
    assert openssl_agrees(honest, note, stamp) and not openssl_agrees(stranger, note, stamp)
    said = one.store.run("verify", "--tree-only", "--time-stamp-ca", honest.ca()).stderr
    assert "Marca temporale fino alla posizione %d" % size_of(note.decode()) in said, said
    done = one.store.run("verify", "--tree-only", "--time-stamp-ca", stranger.ca(), expect=6)
    assert "nessuna autorità fidata" in done.stderr, done.stderr


def main(kills, seed):
    print("seed", seed)
    contract = openapi.Contract()
    with product.temporary() as root:
        one, two = Installation(root, "uno"), Installation(root, "due")
        try:
            test_two_installations_watch_each_other(one, two, contract)
            print("watched each other")
            test_a_killed_witness_keeps_its_promise(one, two, contract, kills, random.Random(seed))
            print("kills", kills)
            test_a_rotated_log_key_is_followed(one, two, contract)
            print("new key followed")
            test_f21_a_rollback_that_only_the_witness_knows(one, two, contract)
            print("rollback heard of")
            test_f26_a_witness_that_lies_stops_nothing(one, two, contract)
            print("liar heard and not believed")
            test_f22_a_fork_is_refused(one, two, contract)
            print("fork refused")
            test_f26_time_stamps_are_kept_once_the_authority_answers(two, root)
            print("time-stamps kept")
        finally:
            for mine in (one, two):
                if mine.witness.process is not None:
                    mine.witness.end(signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5,
         int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbits(32))
