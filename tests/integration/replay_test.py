#!/usr/bin/env python3
"""`cartella replay` over a loaded ambito: words, changes, moments and proofs, with the real binary."""
import base64
import hashlib
import json

import product


def ask(store, *words, question, expect=0):
    done = store.run("replay", *words, "--format", "json", stdin=question + "\n", expect=expect)
    return json.loads(done.stdout) if done.stdout else {}


def verify(proof, leaf):
    """RFC 6962: the leaf is in the tree of the checkpoint that stands in the proof."""
    head, note = proof.split("\n\n", 1)
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    index = int(lines[1].removeprefix("index "))
    hashes = [base64.b64decode(line) for line in lines[2:]]
    _, size, root = note.split("\n")[:3]
    size, node = int(size), leaf
    last = size - 1
    for sibling in hashes:
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while index % 2 == 0 and index != 0:
                index //= 2
                last //= 2
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index //= 2
        last //= 2
    assert node == base64.b64decode(root), "the proof does not lead to the root"


def check_every_case_is_told(store):
    counts = json.loads(store.run("caseload", "--counts", "--format", "json").stdout)["caseload"]
    sector = max(counts, key=lambda row: row["cases"])["sector_id"]
    entries = json.loads(store.run("caseload", "--format", "json",
                                   stdin="settore " + sector + "\n").stdout)["caseload"]
    longest = []
    for entry in entries:
        found = ask(store, question="caso %d" % entry["number"])
        history, changes = found["history"], found["changes"]
        assert [row["position"] for row in history] == sorted(row["position"] for row in history)
        assert all(row["what"].endswith(".") for row in history), history
        assert all(len(row["event"]) == 32 and len(row["actor"]) == 32 for row in history)
        state = [row["after"] for row in changes if row["field"] == "state"][-1]
        assert state == entry["state"], (entry, changes)
        if len(history) > len(longest):
            longest, number = history, entry["number"]
    assert len(longest) > 5
    return number, longest


def check_moments(store, number, history):
    question = "caso %d" % number
    middle = history[len(history) // 2]
    then = ask(store, "--as-of", str(middle["position"]), question=question)["history"]
    assert then == history[:len(history) // 2]
    by_time = ask(store, "--as-of", middle["recorded_at"], question=question)["history"]
    assert by_time == [row for row in history if row["recorded_at"] <= middle["recorded_at"]]
    whole = ask(store, "--compare", "0", str(history[-1]["position"] + 1), question=question)
    assert whole["history"] == history
    assert {row["field"] for row in whole["differences"]} >= {"number", "state", "opened_at"}
    assert all(row["before"] == "" for row in whole["differences"])
    none = ask(store, "--compare", str(history[-1]["position"] + 1),
               str(history[-1]["position"] + 1), question=question)
    assert none["differences"] == [] and none["history"] == []
    store.run("replay", "--compare", "0", "ieri", stdin=question + "\n", expect=2)
    store.run("replay", "--as-of", str(history[0]["position"]), stdin=question + "\n", expect=3)


def check_proofs(store, number):
    proofs = ask(store, "--proofs", question="caso %d" % number)["proofs"]
    for row in proofs:
        shown = json.loads(store.run("prove", row["event"], "--format", "json").stdout)
        leaf = hashlib.sha256(b"\x00" + bytes.fromhex(shown["leaf"])).digest()
        assert shown["position"] == row["position"]
        verify(row["proof"], leaf)
    assert len(proofs) > 5


def check_person(store, predecessor):
    with open(predecessor + "/SS_ANAGRAFICA.csv", encoding="utf-8") as source:
        header = source.readline().strip().split(";")
        rows = [dict(zip(header, line.rstrip("\n").split(";"))) for line in source]
    known = next(row for row in rows if len(row["CF"]) == 16 and
                 store.run("person", stdin="cf " + row["CF"] + "\n", expect=None).returncode == 0)
    found = ask(store, question="cf " + known["CF"])
    assert found["history"][0]["what"].startswith("Persona registrata: "), found["history"][0]
    assert known["CF"] in found["history"][0]["what"]
    told = store.run("replay", "--names", stdin="cf " + known["CF"] + "\n").stdout
    assert "Persona registrata" in told and "autore installazione" in told, told[:2000]
    unknown = store.run("replay", stdin="cf AAAAAA00A00A000A\n", expect=None)
    assert unknown.returncode in (2, 3) and "AAAAAA00A00A000A" not in unknown.stderr


def main():
    product.need_shared()
    expected, registry, predecessor = product.sample("zona7")
    with product.temporary() as root:
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        store.run("import", "registry", *registry)
        store.run("import", "predecessor", predecessor)
        number, history = check_every_case_is_told(store)
        check_moments(store, number, history)
        check_proofs(store, number)
        check_person(store, predecessor)
    print("histories are told, compared and proven")


if __name__ == "__main__":
    main()
