#!/usr/bin/env python3
"""Keys that rotate, a server that starts sealed, and a token that is away (CR-08, CR-09, F-26, S-KEYS, S-SEAL).

Usage: keys_test.py [KILLS [SEED]]. The real server, SoftHSM 2 as the token. CI kills twice for each rotation;
the seed is printed and replays the delays.
"""
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import api_client
import api_world
import product

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "135790"
UNLIMITED = ("--requests-per-second", "100000")
ROTATIONS = ("rotate-shards", "rotate-owners", "rotate-signing", "rotate-log", "rotate-root")


def need_token():
    if os.path.exists(MODULE) and shutil.which("softhsm2-util") and shutil.which("pkcs11-tool"):
        return
    print("SKIPPED: softhsm2 and opensc are not installed")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


def secret_file(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text + "\n")
    return path


class Token:
    """A SoftHSM token with an AES key that does not leave it."""

    def __init__(self, root):
        self.folder = os.path.join(root, "tokens")
        os.mkdir(self.folder)
        configuration = os.path.join(root, "softhsm2.conf")
        with open(configuration, "w", encoding="utf-8") as out:
            out.write("directories.tokendir = %s\nlog.level = ERROR\n" % self.folder)
        os.environ["SOFTHSM2_CONF"] = configuration
        self.pin = secret_file(os.path.join(root, "pin"), PIN)
        for words in (("softhsm2-util", "--init-token", "--free", "--label", "cartella", "--so-pin",
                       "24680246", "--pin", PIN),
                      ("pkcs11-tool", "--module", MODULE, "--token-label", "cartella", "--login",
                       "--pin", PIN, "--keygen", "--key-type", "AES:32", "--label", "radice",
                       "--sensitive")):
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def source(self, pin=None):
        return "pkcs11:%s?token=cartella&object=radice&pin-file=%s" % (MODULE, pin or self.pin)

    def away(self):
        os.rename(self.folder, self.folder + ".away")
        os.mkdir(self.folder)

    def back(self):
        os.rmdir(self.folder)
        os.rename(self.folder + ".away", self.folder)


class Load(threading.Thread):
    """Registers people until it is told to end; every answer must be 201."""

    def __init__(self, client):
        super().__init__()
        self.client = client
        self.ending, self.done, self.failure = threading.Event(), [], None

    def run(self):
        try:
            while not self.ending.is_set():
                name = "".join(chr(ord("a") + int(digit)) for digit in str(len(self.done)))
                self.done.append(api_world.register(self.client, "Carico", "Prova" + name)["position"])
        except (AssertionError, OSError, http.client.HTTPException) as failure:
            self.failure = failure

    def end(self):
        self.ending.set()
        self.join()
        return self.failure


def keys_of(store):
    rows = json.loads(store.run("keys", "list", "--format", "json").stdout)["keys"]
    return {row["key"]: (row["id"], row["state"]) for row in rows}


def write_checkpoint(store, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write(store.run("checkpoint").stdout)
    return path


def CR08_every_key_rotates_under_load_and_no_event_changes(token):
    with api_world.World("segretariato", words=UNLIMITED) as world:
        store = world.store
        person = api_world.register(world["segretariato"])
        before = keys_of(store)
        checkpoint = write_checkpoint(store, os.path.join(store.root, "before"))
        load = Load(world["segretariato"])
        load.start()
        for verb in ROTATIONS:
            words = ("--new-root-key", token.source()) if verb == "rotate-root" else ()
            count = len(load.done)
            store.run("keys", verb, *words)
            while len(load.done) < count + 3 and load.is_alive():
                time.sleep(0.01)
        assert load.end() is None, load.failure
        after = keys_of(store)
        assert before["firma del server"][0] != after["firma del server"][0]
        assert before["registro"][0] != after["registro"][0]
        assert (before["titolari"][0], after["titolari"][0]) == ("0", "1"), (before, after)
        assert after["radice"][1] == "in un token", after
        store.run("verify", "--against", checkpoint)
        # What was sealed with the keys of before is read with those of now.
        seen = world["segretariato"].call("showPerson", expect=200, person=person["stream"]).json()
        assert api_world.SURNAME in json.dumps(seen), seen
        world.stop()
        assert store.run("stats", expect=None).returncode == 2  # the passphrase opens nothing now
        store.key_words = ["--root-key", token.source()]
        store.run("verify", "--against", checkpoint)
        print("CR-08:", len(load.done), "events while five kinds of keys rotated")
        world.start()


def CR08_a_kill_in_a_rotation_is_finished_by_the_next_start(kills, rng):
    with api_world.World("segretariato", words=UNLIMITED) as world:
        store = world.store
        world.stop()
        # A machine's token outlives the server's restarts; a session does not.
        _, username, office = api_world.EVERYBODY["segretariato"]
        made = store.run("account", "token", username, "--role", "segretariato", "--ente",
                         api_client.ENTE, "--unit", office, "--label", "prova", "--expires",
                         time.strftime("%Y-%m-%d", time.localtime(time.time() + 30 * 86400)),
                         "--format", "json").stdout
        token = json.loads(made)["token"][0]["bearer"]
        world.start()
        phrases = [store.passphrase, secret_file(os.path.join(store.root, "altra"), "un'altra frase")]
        counts = {verb: 0 for verb in ROTATIONS}
        for verb in [each for each in ROTATIONS for _ in range(kills)]:
            checkpoint = write_checkpoint(store, os.path.join(store.root, "before"))
            load = Load(api_client.Client(world.server, world.contract, token))
            load.start()
            words = ("--new-root-key", "passphrase-file:" + phrases[1]) if verb == "rotate-root" else ()
            rotation = subprocess.Popen(store.command("keys", verb, *words),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0, 0.5 if verb in ("rotate-shards", "rotate-root") else 0.06))
            world.server.process.send_signal(signal.SIGKILL)
            world.server.process.wait()
            counts[verb] += rotation.wait() != 0
            load.end()
            load.client.close()
            # One of the two opens, never both and never none.
            opens = []
            for phrase in phrases:
                store.key_words = ["--passphrase-file", phrase]
                if store.run("stats", expect=None).returncode == 0:
                    opens.append(phrase)
            assert len(opens) == 1, (verb, opens)
            phrases.sort(key=lambda phrase: phrase != opens[0])
            store.key_words = ["--passphrase-file", opens[0]]
            store.run("verify", "--against", checkpoint)
            # No acknowledged event is lost.
            rows = json.loads(store.run("stats", "--format", "json").stdout)["log"]
            size = {row["name"]: row["value"] for row in rows}["events"]
            assert not load.done or load.done[-1] < size, (load.done[-1], size)
            world.start()
        print("kills that broke a rotation off:", counts)


def ask(server, target):
    connection = http.client.HTTPSConnection("localhost", server.port, context=server.tls, timeout=30)
    connection.request("GET", target)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def wait_for(server, status):
    """The port is taken over by the next state within moments."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if ask(server, "/status") == (200, {"status": status}):
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("the server does not become " + status)


def check_sealed(store, server):
    assert ask(server, "/status") == (200, {"status": "sealed"})
    for target in ("/v1/people", "/v1/log/checkpoint", "/metrics", "/docs"):
        status, body = ask(server, target)
        assert (status, body["type"]) == (503, "urn:cartella:problem:sealed"), (target, status, body)
    done = store.run("stats", expect=8)
    assert "cartella unseal" in done.stderr, done.stderr


def memory_holds(pid, words):
    """Whether the words stand anywhere in what the process may write to; nothing where nobody may look."""
    try:
        with open("/proc/%d/maps" % pid, encoding="utf-8") as maps, \
                open("/proc/%d/mem" % pid, "rb", 0) as memory:
            for line in maps:
                span, rights = line.split()[:2]
                first, last = (int(each, 16) for each in span.split("-"))
                if not rights.startswith("rw") or "[vvar" in line:
                    continue
                try:
                    memory.seek(first)
                    if words in memory.read(last - first):
                        return True
                except OSError:
                    continue
    except PermissionError:
        print("not root: the memory of the server was not looked at")
    return False


def unseal_as_typed(store, phrase):
    """What the client sends when somebody typed the passphrase at its terminal."""
    head = {"words": ["unseal", "--data", store.data, "--root-key", "prompt"], "directory": "/"}
    body = (json.dumps(head) + "\n" + phrase + "\n").encode()
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(os.path.join(store.data, "cartella.sock"))
        local.sendall(b"POST /cli HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                      b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" %
                      len(body) + body)
        answer = b""
        while piece := local.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200") and b'"exit":0' in answer, answer


def SSEAL_what_was_typed_stands_nowhere_in_the_servers_memory(root):
    if os.environ.get("CARTELLA_SANITIZE"):
        return  # a sanitizer's memory has terabytes to search
    os.mkdir(root)
    phrase = "zampognarismo frase mai scritta altrove"
    store = product.Store(root)
    with open(store.passphrase, "w", encoding="utf-8") as out:
        out.write(phrase + "\n")
    store.init(["E256"])
    with api_client.Server(store, "--sealed") as server:
        unseal_as_typed(store, phrase)
        wait_for(server, "ok")
        assert os.geteuid() != 0 or memory_holds(server.process.pid, store.data.encode()), "the search finds"
        assert not memory_holds(server.process.pid, phrase[-24:].encode()), "the passphrase is still there"
        assert not memory_holds(server.process.pid, phrase[:24].encode()), "the passphrase is still there"


def SSEAL_a_sealed_server_answers_for_its_health_and_to_unseal_alone(root):
    store = product.Store(os.path.join(root))
    store.init(["E256"])
    wrong = secret_file(os.path.join(root, "sbagliata"), "non è questa")
    with api_client.Server(store, "--sealed") as server:
        check_sealed(store, server)
        store.key_words = ["--passphrase-file", wrong]
        store.run("unseal", expect=5)
        check_sealed(store, server)
        store.key_words = ["--passphrase-file", store.passphrase]
        store.run("unseal")
        wait_for(server, "ok")
        store.run("stats")
        store.run("unseal")  # it is open: nothing to do
        store.run("seal-now")
        wait_for(server, "sealed")
        check_sealed(store, server)
        store.run("unseal")
        wait_for(server, "ok")
        store.run("verify")
    store.run("verify")


def F26_without_its_token_a_server_starts_sealed_and_opens_when_it_is_back(token, root):
    store = product.Store(root)
    store.key_words = ["--root-key", token.source()]
    store.init(["E256"])
    token.away()
    with api_client.Server(store) as server:
        check_sealed(store, server)
        store.run("unseal", expect=3)
        token.back()
        wrong = secret_file(os.path.join(root, "pin-sbagliato"), "000000")
        store.key_words = ["--root-key", token.source(wrong)]
        assert "PIN" in store.run("unseal", expect=5).stderr
        check_sealed(store, server)
        store.key_words = ["--root-key", token.source()]
        store.run("unseal")
        wait_for(server, "ok")
        # An open server does not need it any more.
        token.away()
        store.run("stats")
        token.back()
    store.run("verify")


def SKEYS_production_refuses_a_passphrase_beside_the_data(root):
    store = product.Store(root)
    words = ("init", "--ambito", "Ambito di prova", "--region", "10")
    done = store.run(*words, expect=1)
    assert "root_key_beside_data" in done.stderr, done.stderr
    assert not os.path.exists(store.data)
    # From a credential of systemd it is made and served.
    store.use_credential()
    store.run(*words)
    with api_client.Server(store) as server:
        assert ask(server, "/status") == (200, {"status": "ok"})
        beside = "passphrase-file:" + store.passphrase
        assert "root_key_beside_data" in store.run("keys", "rotate-root", "--new-root-key", beside,
                                                   expect=1).stderr


def main(kills, seed):
    need_token()
    print("seed", seed)
    with product.temporary() as root:
        token = Token(root)
        folders = []
        for name in "abc":
            folders.append(os.path.join(root, name))
            os.mkdir(folders[-1])
        SSEAL_a_sealed_server_answers_for_its_health_and_to_unseal_alone(folders[0])
        SSEAL_what_was_typed_stands_nowhere_in_the_servers_memory(os.path.join(root, "typed"))
        F26_without_its_token_a_server_starts_sealed_and_opens_when_it_is_back(token, folders[1])
        SKEYS_production_refuses_a_passphrase_beside_the_data(folders[2])
        CR08_every_key_rotates_under_load_and_no_event_changes(token)
        CR08_a_kill_in_a_rotation_is_finished_by_the_next_start(kills, random.Random(seed))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2,
         int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(4), "big"))
