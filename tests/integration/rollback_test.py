#!/usr/bin/env python3
"""F-21: an older copy of the data directory starts read-only with an alarm, until somebody accepts it."""
import datetime
import glob
import http.client
import json
import os
import shutil
import subprocess

import api_client
import backup_test
import product


def call(server, target, bearer=None):
    connection = http.client.HTTPSConnection("localhost", server.port, context=server.tls, timeout=60)
    connection.request("GET", target,
                       headers={"Authorization": "Bearer " + bearer} if bearer else {})
    answer = connection.getresponse()
    body = answer.read().decode("utf-8")
    connection.close()
    return answer.status, body


def read(path):
    with open(path, "rb") as source:
        return source.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def journal_of(copies):
    return {path: read(path) for path in glob.glob(os.path.join(copies.store.data, "journal", "*"))}


def monitor(store):
    """A machine's token that may read the metrics."""
    worker, username, _ = api_client.PEOPLE["amministratore_sistema"]
    api_client.record(store, "define_operator", {"worker": worker, "username": username})
    api_client.record(store, "grant_role", {"worker": worker, "role": "amministratore_sistema"})
    expires = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
    done = store.run("account", "token", username, "--role", "amministratore_sistema", "--label",
                     "sorveglianza", "--expires", expires, "--format", "json")
    return json.loads(done.stdout)["token"][0]["bearer"]


def metric(server, bearer, name):
    status, body = call(server, "/metrics", bearer)
    assert status == 200, (status, body)
    return next(line.split()[1] for line in body.splitlines() if line.startswith(name + " "))


def alarmed(copies, bearer):
    """Everything that can still be said is said; nothing is written, signed or published."""
    with api_client.Server(copies.store) as server:
        status, body = call(server, "/status")
        assert status == 503 and "sola lettura" in body, (status, body)
        assert metric(server, bearer, "cartella_log_rolled_back") == "1"
        assert call(server, "/v1/log/checkpoint")[0] == 503
        done = copies.store.run("record", expect=6, stdin=json.dumps({
            "command": "define_need", "fields": {"need": "%032x" % 77, "label": "Mai",
                                                 "need_class": "Casa"}}))
        assert "rollback" in done.stderr, done.stderr
        copies.store.run("backup", copies.target, expect=6)
    assert "log_rolled_back" in server.said(), server.said()
    done = copies.store.run("stats")
    assert "ALLARME" in done.stderr, done.stderr
    assert "rollback" in copies.store.run("verify", expect=6).stderr


def take_back(copies, root):
    """The log of the copy "old", with the vault and the head copy of now."""
    for part in ("log", "log.meta", "journal"):
        path = os.path.join(copies.store.data, part)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        os.rename(os.path.join(root, "old", part), path)
    shutil.rmtree(os.path.join(root, "old"))


def CR08_a_log_from_before_a_rotation_goes_on_with_the_newer_vault():
    """The keys that the older log knows are destroyed; the new era enrols those of now."""
    with product.temporary() as root:
        copies = backup_test.Copies(root)
        backup_test.define_need(copies.store, 0)
        older = backup_test.stats(copies.store)["events"]
        copies.store.copy("old")
        shutil.copy(os.path.join(copies.second, "head"), os.path.join(root, "head.then"))
        for verb in ("rotate-signing", "rotate-log"):
            copies.store.run("keys", verb)
        backup_test.define_need(copies.store, 1)
        take_back(copies, root)
        shutil.copy(os.path.join(root, "head.then"), os.path.join(copies.second, "head"))  # only the keys tell
        said = copies.store.run("verify", expect=6).stderr
        assert "rollback" in said, said
        done = copies.store.run("accept-older-head", "--size", str(older), "--reason",
                                "prova: dopo una rotazione", "--format", "json")
        era = backup_test.pairs(done.stdout, "accept-older-head")
        copies.store.run("verify")
        backup_test.define_need(copies.store, 2)
        with api_client.Server(copies.store) as server:
            assert call(server, "/status")[0] == 200
            backup_test.define_need(copies.store, 3)
        copies.store.run("verify")
        bundle = os.path.join(root, "fascicolo")
        copies.store.run("audit-bundle", "--output", bundle)
        subprocess.run([product.BINARY, "verify-bundle", bundle, "--log-key", era["chiave"]],
                       check=True, stdout=subprocess.DEVNULL)
        for verb in ("rotate-signing", "rotate-log"):
            copies.store.run("keys", verb)
        copies.store.run("verify")


def main():
    CR08_a_log_from_before_a_rotation_goes_on_with_the_newer_vault()
    with product.temporary() as root:
        copies = backup_test.Copies(root)
        head = os.path.join(copies.second, "head")
        bearer = monitor(copies.store)
        for index in range(5):
            backup_test.define_need(copies.store, index)
        before = os.path.join(root, "before")
        write(before, copies.store.run("checkpoint").stdout)
        older = backup_test.stats(copies.store)["events"]
        copies.store.copy("old")
        for index in range(5, 9):
            backup_test.define_need(copies.store, index)
        given_up = os.path.join(root, "given-up")
        write(given_up, copies.store.run("checkpoint").stdout)
        copies.backup()
        known = read(head)
        shutil.rmtree(copies.store.data)
        os.rename(os.path.join(root, "old"), copies.store.data)

        journal = journal_of(copies)
        alarmed(copies, bearer)
        assert journal == journal_of(copies), "the journal was written over"
        assert read(head) == known, "the head copy was taken back"

        copies.store.run("accept-older-head", "--size", str(older + 1), "--reason",
                         "prova: misura sbagliata", expect=1)
        done = copies.store.run("accept-older-head", "--size", str(older), "--reason",
                                "prova: il disco nuovo non ha gli ultimi eventi", "--format", "json")
        era = backup_test.pairs(done.stdout, "accept-older-head")
        assert era["prima posizione"] == older and era["origine"] != era["origine precedente"], era
        copies.store.run("accept-older-head", "--size", str(older + 1), "--reason",
                         "prova: non c'è nulla da accettare", expect=1)

        # What outsiders hold of the history that stays is still proved; what was given up is not.
        copies.store.run("verify", "--against", before)
        assert copies.store.run("verify", "--against", given_up, expect=6)
        assert copies.store.run("checkpoint").stdout.splitlines()[0] == era["origine"]
        assert read(os.path.join(copies.second, "head.given-up.0")) == known
        with api_client.Server(copies.store) as server:
            assert call(server, "/status")[0] == 200
            assert metric(server, bearer, "cartella_log_rolled_back") == "0"
            backup_test.define_need(copies.store, 20)
            made = copies.backup()
        assert made["eventi"] > older
        # A restore of the newest copy, which is of the new era, and of the one before it.
        other, said = copies.restore("elsewhere")
        other.run("verify")
        assert said["radice"] == made["radice"]
        shutil.rmtree(other.data)
        print("read-only at", older, "events; the new era is", era["origine"])


if __name__ == "__main__":
    main()
