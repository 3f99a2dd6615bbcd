#!/usr/bin/env python3
"""Legal holds, restrictions and retention rules by verbs: each by a person who proves who they are, in a role that may."""
import json

import api_client
import erasure_test as erasing
import record_test as record

import product

RIGHTS, COORDINATOR, MANAGER = "09" * 16, "0a" * 16, "0b" * 16
QUESTION = "cf %s\n" % erasing.CODICE
ACT = ["--act", "decreto 12/2026"]


def people(store):
    """One for each role that the verbs tell apart."""
    for worker, name, role, unit in (
            (RIGHTS, "operatore003", "addetto_diritti", record.ENTE),
            (COORDINATOR, "operatore004", "coordinatore", record.ENTE),
            (MANAGER, "operatore005", "referente_applicativo", None),
            (record.OUTSIDER, "operatore002", "dpo", None)):
        if worker != record.OUTSIDER:
            record.record(store, "define_operator", {"worker": worker, "username": name},
                          unit=record.ENTE)
        record.record(store, "grant_role", {"worker": worker, "role": role,
                                            **({"unit": unit} if unit else {})})
    store.proposer, store.decider = (erasing.Person(store, name)
                                     for name in ("operatore003", "operatore002"))
    store.coordinator, store.manager = (erasing.Person(store, name)
                                        for name in ("operatore004", "operatore005"))


def verb(store, *words, stdin="", expect=0):
    """The rows of its one table, or what was said of the refusal."""
    done = store.run(*words, "--format", "json", stdin=stdin, expect=expect)
    if expect != 0:
        assert done.stdout == "", done.stdout
        return done.stderr
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else next(iter(found.values()))


def place(store, person, *words, expect=0):
    return verb(store, "hold", "place", "--comune", "D653", *person.words(), *ACT, "--authority",
                "Tribunale di Ancona", *words, stdin=QUESTION, expect=expect)


def decided(store):
    """What comes of an erasure that one proposes and the other decides."""
    proposal = erasing.propose(store)
    rows = verb(store, "erasure", *erasing.decide_words(store, proposal))
    return rows[0]["standing"]


def check_place(store):
    said = place(store, store.coordinator, expect=1)
    assert "permission_denied" in said and "addetto_diritti o dpo" in said, said
    words = store.proposer.words(password=erasing.WRONG)
    said = verb(store, "hold", "place", "--comune", "D653", *words, *ACT, "--authority", "giudice",
                stdin=QUESTION, expect=1)
    assert "non validi" in said, said
    said = place(store, store.proposer, "--until", "2020-01-01", expect=1)
    assert "validity_past" in said, said
    assert "--item" in place(store, store.proposer, "--item", "caso 12", expect=2)
    assert verb(store, "hold", "list") == []
    placed = place(store, store.proposer, "--until", "2099-12-31")
    assert verb(store, "hold", "list") == placed and placed[0]["until"] == "2099-12-31", placed
    assert placed[0]["subject"] and placed[0]["items"] == "", placed
    return placed[0]["event"]


def check_lift(store, hold):
    lift = ["hold", "lift", hold]
    for person in (store.coordinator, store.proposer):
        said = verb(store, *lift, *person.words(), *ACT, expect=1)
        assert "permission_denied" in said and "ruolo dpo" in said, said
    assert [row["event"] for row in verb(store, "hold", "list")] == [hold]
    assert verb(store, *lift, *store.decider.words(), *ACT)[0]["outcome"] == "tolto"
    assert verb(store, "hold", "list") == []
    verb(store, *lift, *store.decider.words(), *ACT, expect=3)


def check_lift_restriction(store, restriction):
    lift = ["restriction", "lift", restriction, "--notice", "lettera del 10/06/2026", "--reason",
            "vincolo tolto"]
    said = verb(store, *lift, *store.coordinator.words(), expect=1)
    assert "addetto_diritti o dpo" in said, said
    assert verb(store, *lift, *store.proposer.words())[0]["outcome"] == "revocata"
    assert verb(store, "restriction", "list") == []


def check_erasure(store):
    """A hold makes a restriction of an erasure; without it the erasure goes on."""
    erasing.register(store)
    hold = check_place(store)
    assert decided(store) == "limitazione del trattamento"
    restrictions = verb(store, "restriction", "list")
    assert len(restrictions) == 1 and restrictions[0]["until"] == "", restrictions
    check_lift(store, hold)
    check_lift_restriction(store, restrictions[0]["event"])
    assert decided(store) == "completata"


def check_restriction(store):
    store.person = erasing.register(store)
    words = ["restriction", "place", "--comune", "D653", "--ground", "esattezza contestata"]
    said = verb(store, *words, *store.coordinator.words(), stdin=QUESTION, expect=1)
    assert "addetto_diritti o dpo" in said, said
    before = store.report("cases")
    placed = verb(store, *words, *store.decider.words(), stdin=QUESTION)
    assert verb(store, "restriction", "list") == placed and len(placed) == 1, placed
    assert store.report("cases") != before, before
    check_lift_restriction(store, placed[0]["event"])
    assert store.report("cases") == before


def check_retention(store):
    words = ["retention", "set", "--category", "case_file", "--months", "120", "--act",
             "piano di conservazione, delibera 12/2026"]
    said = verb(store, *words, *store.decider.words(), expect=1)
    assert "referente_applicativo" in said and "ambito" in said, said
    rules = {row["category"]: row["months"] for row in verb(store, "retention", "list")}
    assert set(rules.values()) == {""} and "access_log" not in rules, rules
    said = verb(store, *words[:-3], "2401", *words[-2:], *store.manager.words(), expect=1)
    assert "2400" in said, said
    rules = {row["category"]: row["months"] for row in verb(store, *words, *store.manager.words())}
    assert rules["case_file"] == 120 and rules["benefit"] == "", rules
    assert decided(store) == "limitazione del trattamento"  # the case is open
    check_lift_restriction(store, verb(store, "restriction", "list")[0]["event"])


def check_item(store):
    """A hold on one case of the person's, and none on a case of nobody's."""
    case = record.stream_of(record.act(store, "open_case", {
        "person": store.person, "sector": record.SECTOR, "worker": record.WORKER}))
    placed = place(store, store.decider, "--item", case)
    assert placed[0]["items"] == case and placed[0]["until"] == "", placed
    place(store, store.decider, "--item", "0c" * 16, expect=3)
    verb(store, "hold", "lift", placed[0]["event"], *store.decider.words(), *ACT)


def check_no_record(store):
    """Whoever only says who acts keeps nothing from erasure and hides nobody."""
    for command, fields in (
            ("place_legal_hold", {"person": store.person, "act": "decreto", "authority": "giudice"}),
            ("lift_legal_hold", {"hold": "0c" * 16, "act": "decreto"}),
            ("restrict_processing", {"person": store.person, "ground": "contestata"}),
            ("lift_restriction", {"restriction": "0c" * 16, "notice": "lettera", "reason": "fine"}),
            ("set_retention_rule", {"category": "case_file", "months": 0, "act": "nessuno"})):
        done = store.run("record", stdin=json.dumps({
            "command": command, "actor": RIGHTS, "unit": record.ENTE, "fields": fields}), expect=1)
        assert "hold, restriction, retention" in done.stderr, done.stderr


def check_served(store):
    """The same in a server."""
    person = store.proposer.words()
    with api_client.Server(store):
        placed = verb(store, "hold", "place", "--comune", "D653", *person, *ACT, "--authority",
                      "Tribunale di Ancona", stdin=QUESTION)
        assert verb(store, "hold", "list") == placed, placed


def main():
    with product.temporary() as root:
        store = product.Store(root)
        store.init(["D653"])
        record.define(store)
        people(store)
        for check in (check_erasure, check_restriction, check_retention, check_item, check_no_record, check_served):
            check(store)
            print("%s: ok" % check.__name__, flush=True)
        store.run("verify")


if __name__ == "__main__":
    main()
