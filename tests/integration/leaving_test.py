#!/usr/bin/env python3
"""CR-04 (ledger.md 6): a comune leaves the ambito. Its export opens elsewhere, here nothing of it can be read,
nobody else changes; a kill after any step is finished by the next verb; a restore from before erases it again."""
import base64
import hashlib
import json
import os
import shutil
import subprocess

import erasure_restore_test
import erasure_test
import product
import record_test as record

RECEIVER = "una frase del comune che se ne va"
# One leaver for each kill.
LEAVERS = ["A475", "C252", "E975"]
STEPS = erasure_test.STEPS[1:4]
CODICI = ["CNRFTZ59A4%dD653" % day for day in range(1, 1 + len(LEAVERS))]
SHARED_CODICE = "RSSMRA80A01H501U"


def with_check_letter(code):
    """The last letter of a codice fiscale, domain/privacy.md 7.2."""
    odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
    total = 0
    for at, sign in enumerate(code):
        value = int(sign) if sign.isdigit() else ord(sign) - ord("A")
        total += odd[value] if at % 2 == 0 else value
    return code + chr(ord("A") + total % 26)


def another_key(key):
    """The same log's name with a key that it never had, as C2SP notes write it."""
    name = key.split("+", 1)[0]
    raw = b"\x01" + bytes(range(32))
    return "%s+%s+%s" % (name, hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8],
                         base64.b64encode(raw).decode())


def ids(number):
    return {"ente": "%02x" % (0xA0 + number) * 16, "sector": "%02x" % (0xB0 + number) * 16,
            "worker": "%02x" % (0xC0 + number) * 16}


def define_leaver(store, number):
    own = ids(number)
    record.record(store, "define_ente", {"ente": own["ente"], "name": "Comune %d" % number,
                                         "belfiore": LEAVERS[number], "zone": record.ZONE})
    record.record(store, "define_sector", {"sector": own["sector"], "name": "Servizio sociale",
                                           "ente": own["ente"], "categories": ["1"]})
    record.record(store, "define_operator", {"worker": own["worker"],
                                             "username": "canarino%d" % number}, unit=own["ente"])
    record.record(store, "define_operator_assignment", {"worker": own["worker"],
                                                        "sector": own["sector"]})
    record.record(store, "grant_role", {"worker": record.WORKER, "role": "addetto_diritti",
                                        "unit": own["ente"]})


def canaries(number):
    return ["Canarinovolante%s" % "abcdefgh"[number], "zampognarismo%s" % "abcdefgh"[number],
            with_check_letter(CODICI[number]), "canarino%d" % number]


def acting(store, number, command, fields, expect=0):
    own = ids(number)
    return record.record(store, command, fields, expect, actor=own["worker"], unit=own["sector"])


def fill(store, number):
    """A person of its own with a case and a note, and one whom the other comune knows, too."""
    surname, words, codice, _ = canaries(number)
    person = record.stream_of(acting(store, number, "register_person", {
        "identity": {"surname": surname, "name": "Fittizia"},
        "identifiers": [{"kind": "cf", "value": codice}]}))
    case = record.stream_of(acting(store, number, "open_case", {
        "person": person, "sector": ids(number)["sector"], "worker": ids(number)["worker"]}))
    acting(store, number, "record_note", {"case_stream": case, "text": words,
                                          "worker": ids(number)["worker"]})
    acting(store, number, "register_person", {
        "identity": {"surname": "Rossi", "name": surname},
        "identifiers": [{"kind": "cf", "value": SHARED_CODICE}]})
    return person


def files_with(folder, words):
    found = []
    for at, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(at, name), "rb") as source:
                content = source.read()
            found += [(name, each) for each in words if each.encode() in content]
    return found


def answers(store):
    """What is told of the comune that stays."""
    told = [store.run("case", "--format", "json", stdin="caso 12\n").stdout,
            store.run("timeline", "--format", "json", stdin="caso 12\n").stdout,
            store.run("person", "--details", "--format", "json", stdin="nome Verdi\n").stdout,
            store.run("report", "people", "--comune", "D653", "--all-cells", "--format", "json").stdout,
            store.run("report", "cases", "--comune", "D653", "--all-cells", "--format", "json").stdout,
            store.run("report", "deliveries", "--comune", "D653", "--all-cells", "--format",
                      "json").stdout]
    shared = json.loads(store.run("person", "--format", "json",
                                  stdin="cf %s\n" % SHARED_CODICE).stdout)
    rows = shared["people"] if isinstance(shared, dict) and "people" in shared else shared
    return told, json.dumps([row for row in rows if "Fisso" in json.dumps(row)])


def table(found, name):
    rows = found[name] if isinstance(found, dict) else found
    return {row["name"]: row["value"] for row in rows}


def propose(store, number):
    words = ["--whole-comune", "--comune", LEAVERS[number]]
    dry = table(erasure_test.erasure(store, "dry-run", *words), "erasure")
    assert dry["oggetto"] == "titolare" and dry["flussi"] >= 5 and dry["eventi"] >= 5, dry
    made = table(erasure_test.erasure(store, "propose", *words, *store.proposer.words(), "--basis",
                                      "recesso dalla convenzione"), "erasure")
    return made["proposta"]


def read_export(store, folder, *words, passphrase=None, expect=0):
    """On another machine: neither the store nor its keys."""
    done = subprocess.run([product.BINARY, "read-export", folder, "--receiver-passphrase-file",
                           passphrase or store.receiver, *words], capture_output=True, text=True,
                          check=False)
    assert done.returncode == expect, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout if expect == 0 else done.stderr


def passphrase_file(root, name, words):
    path = os.path.join(root, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
        out.write(words + "\n")
    return path


def check_export(store, number, folder, key):
    surname, words, codice, name = canaries(number)
    told = read_export(store, folder, "--log-key", key, "--events")
    for each in (surname, words, codice, name, "Comune %d" % number):
        assert each in told, each
    for other in range(len(LEAVERS)):
        for each in canaries(other) if other != number else []:
            assert each not in told, ("another comune's", each)
    for each in ("operatore001", "operatore002"):
        assert each not in told, ("who works at the comune that stays", each)
    assert "Verdi" not in told and "Fisso" not in told, "the text of who stays"
    assert not files_with(folder, canaries(number)), "the export is readable without the passphrase"


def check_refusals(store, folder, other_key):
    """A wrong phrase, another log's key, a changed byte."""
    read_export(store, folder, passphrase=store.passphrase, expect=5)
    assert "altra chiave" in read_export(store, folder, "--log-key", other_key, expect=6)
    for name in ("events.sealed", "manifest", "root.params"):
        broken = shutil.copytree(folder, folder + ".rotto")
        with open(os.path.join(broken, name), "r+b") as out:
            out.seek(os.path.getsize(os.path.join(broken, name)) // 2)
            byte = out.read(1)
            out.seek(-1, os.SEEK_CUR)
            out.write(bytes([byte[0] ^ 1]))
        read_export(store, broken, expect=6)
        shutil.rmtree(broken)


def decide_words(store, proposal, folder):
    return ["decide", proposal, *store.decider.words(), "--outcome", "erase", "--export", folder,
            "--receiver-passphrase-file", store.receiver]


def look_after_export(store, number, proposal, folder):
    """Somebody looks at the comune that leaves between its export and the decision: that goes along, too."""
    store.run("person", "--details", stdin="cf %s\n" % canaries(number)[2])
    said = erasure_test.erasure(store, *decide_words(store, proposal, folder)[:-2], expect=1)
    assert "--receiver-passphrase-file" in said, said


def check_supplement(store, folder, key):
    told = read_export(store, folder, "--log-key", key, "--format", "json")
    found = table(json.loads(told), "export")
    assert found["supplemento"].startswith("sha256 "), found
    digest = hashlib.sha256(open(os.path.join(folder, "supplement.sealed"), "rb").read()).hexdigest()
    assert found["supplemento"] == "sha256 " + digest, found
    return digest


def check_gone(store, number, proposal):
    rows = erasure_test.erasure(store, "status")
    rows = rows["erasures"] if isinstance(rows, dict) else rows
    assert [(row["scope"], row["standing"]) for row in rows if row["proposal"] == proposal] == [
        ("titolare", "completata")], rows
    for line in ("cf %s\n" % canaries(number)[2], "nome %s\n" % canaries(number)[0]):
        found = store.run("person", "--format", "json", stdin=line, expect=None)
        assert canaries(number)[0] not in found.stdout, found.stdout
    assert not files_with(store.data, canaries(number))
    said = acting(store, number, "register_person", {"identity": {"surname": "Nuova", "name": "N"}},
                  expect=1)
    assert "controller_leaving" in said, said
    certificate = store.run("erasure", "certificate", proposal).stdout
    assert "lascia l'ambito" in certificate and "esportazione sha256" in certificate, certificate
    store.run("verify")


def check_only_its_verb(store, proposal):
    """Whoever gives the commands by hand would say that there is an export which nobody looked at."""
    for fields in ({"proposal": proposal, "outcome": "erase", "ground": "esportazione sha256 " + "0" * 64},
                   {"scope": "controller", "target": "0" * 32, "basis": "recesso"}):
        command = "decide_erasure" if "proposal" in fields else "propose_erasure"
        said = record.act(store, command, fields, expect=1)
        assert "erasure decide" in said and "--export" in said, said


def leave(store, root, number, step, after_filling=lambda: None):
    person = fill(store, number)
    done = after_filling()
    before = answers(store)
    proposal = propose(store, number)
    said = acting(store, number, "record_death", {"person": person, "death_date": "2024-01-01"},
                  expect=1)
    assert "controller_leaving" in said, said
    check_only_its_verb(store, proposal)
    folder = os.path.join(root, "export-%d" % number)
    assert "--export" in erasure_test.erasure(
        store, "decide", proposal, *store.decider.words(), "--outcome", "erase", expect=2)
    made = table(erasure_test.erasure(store, "export", proposal, "--output", folder,
                                      "--receiver-passphrase-file", store.receiver), "export")
    key = made["chiave del registro"]
    check_export(store, number, folder, key)
    if number == 0:
        other = another_key(key)
        check_refusals(store, folder, other)
        said = erasure_test.erasure(store, "decide", proposal, *store.proposer.words(),
                                    "--outcome", "erase", "--export", folder, expect=1)
        assert "same_person" in said, said
    else:
        said = erasure_test.erasure(
            store, *decide_words(store, proposal, os.path.join(root, "export-0")), expect=1)
        assert "non è di questa proposta" in said, said
    look_after_export(store, number, proposal, folder)
    erasure_test.decide_and_kill(store, decide_words(store, proposal, folder), step)
    check_gone(store, number, proposal)
    certificate = store.run("erasure", "certificate", proposal).stdout
    assert check_supplement(store, folder, key) in certificate, certificate
    assert answers(store) == before, "who stays changed"
    check_export(store, number, folder, key)
    print("left, killed after:", step, flush=True)
    return done


def main():
    with product.temporary() as root:
        copies = erasure_restore_test.Copies(root)
        store = copies.store
        store.receiver = passphrase_file(root, "receiver", RECEIVER)
        record.define(store)
        erasure_test.people(store)
        stays = record.stream_of(record.act(store, "register_person", {
            "identity": {"surname": "Verdi", "name": "Fittizio"}}))
        record.act(store, "register_person", {
            "identity": {"surname": "Rossi", "name": "Fisso"},
            "identifiers": [{"kind": "cf", "value": SHARED_CODICE}]})
        record.open_and_take_in_charge(store, stays)
        for number in range(len(LEAVERS)):
            define_leaver(store, number)
        for number, step in enumerate(STEPS[:-1]):
            leave(store, root, number, step)
        # A copy of before, restored with its own vault: the comune is gone there, too.
        last = len(LEAVERS) - 1
        made = leave(store, root, last, STEPS[-1], copies.backup)
        copies.second = shutil.copytree(copies.second, os.path.join(root, "second-of-the-restored"))
        said = copies.restore("before", "--number", str(made["numero"]))[1]
        assert said["cancellazioni ripetute"] >= len(LEAVERS), said


if __name__ == "__main__":
    main()
