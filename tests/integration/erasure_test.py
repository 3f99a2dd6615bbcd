#!/usr/bin/env python3
"""Two people erase a person by `cartella erasure`; a kill after any step is finished by the next verb."""
import json
import os
import signal
import subprocess

import product
import record_test as record

STEPS = ["scritture fermate", "registro delle cancellazioni scritto", "chiavi distrutte",
         "registro e giornale ripuliti", "viste ricostruite"]
CODICE = "PRVFTZ59A41D653B"
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


def erasure(store, *words, stdin="", expect=0):
    done = store.run("erasure", *words, "--format", "json", stdin=stdin, expect=expect)
    return json.loads(done.stdout) if expect == 0 else done.stderr


def propose(store):
    found = erasure(store, "propose", "--comune", "D653", "--user", "operatore001", "--basis",
                    "termine trascorso", stdin="cf %s\n" % CODICE)
    rows = {row["name"]: row["value"] for row in found["erasure"]}
    assert rows["oggetto"] == "persona" and rows["flussi"] == 3 and rows["eventi"] >= 3, rows
    return rows["proposta"]


def decide_words(proposal):
    return ["decide", proposal, "--user", "operatore002", "--outcome", "erase"]


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


def main():
    with product.temporary() as root:
        store = product.Store(root)
        store.init(["D653"])
        record.define(store)
        for number, step in enumerate(STEPS):
            register(store)
            proposal = propose(store)
            said = erasure(store, "decide", proposal, "--user", "operatore001", "--outcome",
                           "erase", expect=1)
            assert "same_person" in said, said
            decide_and_kill(store, decide_words(proposal), step)
            check_forgotten(store, proposal)
            print("killed after: %s (%d)" % (step, number), flush=True)


if __name__ == "__main__":
    main()
