#!/usr/bin/env python3
"""Two people erase a person by `cartella erasure`; a kill after any step is finished by the next verb."""
import json
import os
import signal
import subprocess
import time

import api_client
import openapi
import product
import record_test as record

STEPS = ["scritture fermate", "registro delle cancellazioni scritto", "chiavi distrutte",
         "registro e giornale ripuliti", "viste ricostruite"]
CODICE = "PRVFTZ59A41D653B"
FREE_TRIES = 5  # the last of them begins a wait of a second: ThrottleLimits in api/throttle.h
WRONG = "un'altra password qualunque"
CANARIES = [b"Canarinovolante", b"zampognarismo", CODICE.encode()]


def register(store):
    person = record.stream_of(record.act(store, "register_person", {
        "identity": {"surname": "Canarinovolante", "name": "Fittizia"},
        "identifiers": [{"kind": "cf", "value": CODICE}]}))
    case = record.stream_of(record.act(store, "open_case", {
        "person": person, "sector": record.SECTOR, "worker": record.WORKER}))
    record.act(store, "record_note", {"case_stream": case, "text": "zampognarismo",
                                      "worker": record.WORKER})
    return person


class Person:
    """Somebody who proposes or decides: an account, and a file with its password and a code that was never used."""

    def __init__(self, store, username):
        self.store, self.account = store, api_client.Account(store, username)
        self.path = os.path.join(store.root, username + "-credential")

    def new_code(self):
        """Of the step to come, which is good for a minute at least: a loaded machine is slow."""
        step = int(time.time() // api_client.STEP_SECONDS)
        if self.account.authenticator.last > step:
            self.renew()
        self.account.authenticator.last = int(time.time() // api_client.STEP_SECONDS)
        return self.account.authenticator.code()

    def words(self, password=api_client.PASSWORD, code=None):
        code = code or self.new_code()
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                  encoding="utf-8") as out:
            out.write("%s\n%s\n" % (password, code))
        return ["--user", self.account.username, "--credential-file", self.path]

    def renew(self):
        """Another secret, so that no test waits for the next code."""
        self.account.authenticator = api_client.Authenticator()
        files = [os.path.join(self.store.root, "%s-%s" % (self.account.username, name))
                 for name in ("password", "totp")]
        with open(files[1], "w", encoding="utf-8") as out:
            out.write(self.account.authenticator.base32() + "\n")
        self.store.run("account", "reset", self.account.username, "--password-file", files[0],
                       "--totp-secret-file", files[1], "--keep-password")


def people(store):
    """Who proposes for the ente and, as the other, may decide; and who decides for the ambito."""
    record.record(store, "grant_role", {"worker": record.WORKER, "role": "addetto_diritti",
                                        "unit": record.ENTE})
    for worker in (record.WORKER, record.OUTSIDER):
        record.record(store, "grant_role", {"worker": worker, "role": "dpo"})
    store.proposer, store.decider = Person(store, "operatore001"), Person(store, "operatore002")


def erasure(store, *words, stdin="", expect=0):
    done = store.run("erasure", *words, "--format", "json", stdin=stdin, expect=expect)
    return json.loads(done.stdout) if expect == 0 else done.stderr


def propose(store):
    found = erasure(store, "propose", "--comune", "D653", *store.proposer.words(), "--basis",
                    "termine trascorso", stdin="cf %s\n" % CODICE)
    rows = {row["name"]: row["value"] for row in found["erasure"]}
    assert rows["oggetto"] == "persona" and rows["flussi"] == 3 and rows["eventi"] >= 3, rows
    return rows["proposta"]


def decide_words(store, proposal):
    return ["decide", proposal, *store.decider.words(), "--outcome", "erase"]


def check_impostors(store, proposal):
    """Nobody decides in the name of somebody else, nor in a role that they have not."""
    decide = ["decide", proposal, "--outcome", "erase"]
    used = store.decider.words()
    with open(store.decider.path, encoding="utf-8") as source:
        code = source.read().splitlines()[1]
    wrong = "000000" if code != "000000" else "000001"
    for false in ({"password": WRONG, "code": code}, {"code": wrong}):
        assert "non validi" in erasure(store, *decide, *store.decider.words(**false), expect=1)
    store.decider.words(code=code)
    os.chmod(store.decider.path, 0o644)
    assert "chmod 600" in erasure(store, *decide, *used, expect=2)
    os.chmod(store.decider.path, 0o600)
    # Without a terminal and without a file nobody is asked.
    assert "terminale" in erasure(store, *decide, "--user", "operatore002", expect=8)
    used = store.decider.words()
    said = erasure(store, "propose", "--comune", "D653", *used, "--basis", "prova",
                   stdin="cf %s\n" % CODICE, expect=1)
    assert "addetto_diritti" in said, said
    assert "non validi" in erasure(store, *decide, *used, expect=1)  # the code was used


def check_only_its_verbs(store, proposal):
    """A name in `actor` proves nobody: by `record`, one person would be both who proposes and who decides."""
    for command, fields in (("propose_erasure", {"scope": "person", "target": "0" * 32, "basis": "prova"}),
                            ("decide_erasure", {"proposal": proposal, "outcome": "erase"})):
        assert "password e codice" in record.act(store, command, fields, expect=1)


def decide_and_kill(store, words, step):
    """SIGKILL as soon as that step was told."""
    command = [each for each in store.command("erasure", *words) if each != "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as running:
        for line in running.stderr:
            if line.strip() == step:
                running.send_signal(signal.SIGKILL)
                break
        running.stderr.read()
    assert running.returncode == -signal.SIGKILL, (step, running.returncode)


def files_with_canaries(store):
    found = []
    for folder, _, names in os.walk(store.data):
        for name in names:
            with open(os.path.join(folder, name), "rb") as source:
                content = source.read()
            found += [(name, each) for each in CANARIES if each in content]
    return found


def check_forgotten(store, proposal):
    states = erasure(store, "status")
    rows = states["erasures"] if isinstance(states, dict) else states
    assert [row["standing"] for row in rows if row["proposal"] == proposal] == ["completata"], rows
    store.run("person", "--format", "json", stdin="cf %s\n" % CODICE, expect=None)
    found = store.run("person", "--format", "json", stdin="nome Canarinovolante\n", expect=None)
    assert "Canarinovolante" not in found.stdout, found.stdout
    assert not files_with_canaries(store)
    certificate = store.run("erasure", "certificate", proposal).stdout
    assert "ATTESTATO DI CANCELLAZIONE" in certificate and proposal in certificate, certificate
    store.run("verify")


class Doors:
    """Two ways to log in to one server: `erasure decide`, and the interface over HTTP."""

    def __init__(self, store, proposal, server):
        self.store = store
        self.words = ["decide", proposal, "--outcome", "erase"]
        self.client = api_client.Client(server, openapi.Contract())

    def verb_refuses_unheard(self, person):
        """True: too many tries before; else the password, which is wrong, was looked at."""
        words = [*self.words, *person.words(password=WRONG, code="000000")]
        done = self.store.run("erasure", *words, expect=None)
        unheard = "troppi tentativi" in done.stderr
        assert unheard or (done.returncode == 1 and "non validi" in done.stderr), done
        return unheard

    def interface_refuses_unheard(self, person):
        answer = self.client.call("openSession", {
            "username": person.account.username, "password": WRONG, "totp": "000000"},
            headers={"Session-Kind": "bearer"})
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) > 0, answer.headers
            return True
        assert answer.status == 401, answer.status
        return False


def check_one_count(person, used, asked):
    """What failed at one door shuts the other, whose own tries were too few to shut it."""
    for _ in range(FREE_TRIES - 1):
        assert not used(person)
    for own_tries in range(FREE_TRIES - 1):  # each wait is twice as long: one is longer than a slow machine
        while used(person):
            time.sleep(0.2)
        if asked(person):
            return
        print("the other door was asked after the wait, %d times" % (own_tries + 1), flush=True)
    raise AssertionError("each door counts for itself")


def check_doors(store, proposal):
    with api_client.Server(store) as server:
        doors = Doors(store, proposal, server)
        check_one_count(store.decider, doors.interface_refuses_unheard, doors.verb_refuses_unheard)
        check_one_count(store.proposer, doors.verb_refuses_unheard, doors.interface_refuses_unheard)
        doors.client.close()
    print("verb and interface count the failed tries of a person together", flush=True)


def main():
    with product.temporary() as root:
        store = product.Store(root)
        store.init(["D653"])
        record.define(store)
        people(store)
        for number, step in enumerate(STEPS):
            register(store)
            proposal = propose(store)
            if number == 0:
                said = erasure(store, "decide", proposal, *store.proposer.words(), "--outcome",
                               "erase", expect=1)
                assert "same_person" in said, said
                check_impostors(store, proposal)
                check_only_its_verbs(store, proposal)
            decide_and_kill(store, decide_words(store, proposal), step)
            check_forgotten(store, proposal)
            print("killed after: %s (%d)" % (step, number), flush=True)
        register(store)
        check_doors(store, propose(store))


if __name__ == "__main__":
    main()
