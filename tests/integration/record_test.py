#!/usr/bin/env python3
"""A social worker's day by `cartella record`: an organisation, a person, a case, a corrected benefit."""
import csv
import io
import json
import os

import product

ENTE, ZONE, SECTOR, OFFICE = "e1" * 16, "20" * 16, "5e" * 16, "0f" * 16
WORKER, OUTSIDER = "07" * 16, "08" * 16


def record(store, command, fields, expect=0, **envelope):
    """The events of the receipt, or what was said of the refusal."""
    text = json.dumps({"command": command, "fields": fields, **envelope})
    done = store.run("record", "--format", "json", stdin=text, expect=expect)
    if expect != 0:
        assert done.stdout == "", done.stdout
        return done.stderr
    return json.loads(done.stdout)


def act(store, command, fields, expect=0, **envelope):
    return record(store, command, fields, expect, actor=WORKER, unit=SECTOR, **envelope)


def stream_of(answer):
    return answer["result"][0]["stream"]


def define(store):
    record(store, "define_zone", {"zone": ZONE, "name": "Zona di prova", "code": "7"})
    record(store, "define_ente", {"ente": ENTE, "name": "Comune di Prova", "belfiore": "D653",
                                  "zone": ZONE, "lead": True})
    record(store, "define_category", {"category": "1", "label": "Famiglia e minori"})
    record(store, "define_category", {"category": "2", "label": "Disabili"})
    record(store, "define_sector", {"sector": SECTOR, "name": "Servizio sociale", "ente": ENTE,
                                    "categories": ["1"]})
    for worker, name in ((WORKER, "operatore001"), (OUTSIDER, "operatore002")):
        record(store, "define_operator", {"worker": worker, "username": name}, unit=ENTE)
    record(store, "define_operator_assignment", {"worker": WORKER, "sector": SECTOR})


def open_and_take_in_charge(store, person):
    case = stream_of(act(store, "open_case", {"person": person, "number": 12, "sector": SECTOR,
                                              "worker": WORKER}))
    act(store, "set_category", {"case_stream": case, "category": "2"})
    taking = {"case_stream": case, "state": "preso_in_carico", "worker": WORKER, "sector": SECTOR}
    said = act(store, "change_case_state", taking, expect=1)
    assert "category_outside_sector" in said, said
    act(store, "set_category", {"case_stream": case, "category": "2", "ended": True})
    act(store, "set_category", {"case_stream": case, "category": "1", "prevalent": True})
    said = act(store, "change_case_state", {**taking, "worker": OUTSIDER}, expect=1)
    assert "operator_outside_sector" in said, said
    said = act(store, "change_case_state", taking, expect=1, expected_revision=1)
    assert "conflict" in said, said
    taken = act(store, "change_case_state", taking, expected_revision=3)
    assert [event["revision"] for event in taken["events"]] == [4, 5], taken
    assert {event["stream"] for event in taken["events"]} == {case}
    return case


def correct_a_benefit(store, person, case):
    grant = {"person": person, "case_stream": case, "paying_ente": ENTE, "protocol": "2024/1",
             "inps_code": "A1.04", "dsu_number": "INPS-ISEE-2024-1", "dsu_year": 2024,
             "dsu_date": "2024-01-20", "period_from": "2024-01-01", "period_to": "2024-12-31"}
    wrong = stream_of(act(store, "grant_benefit", grant))
    paid = {"delivered_on": "2024-02-01", "amount_cents": 99900, "ente_cents": 99900}
    act(store, "record_delivery", {"benefit": wrong, **paid})
    right = stream_of(act(store, "grant_benefit", {**grant, "supersedes": wrong}))
    said = act(store, "record_delivery", {"benefit": wrong, **paid}, expect=1)
    assert "superseded_benefit" in said, said
    act(store, "record_delivery", {"benefit": right, "delivered_on": "2024-02-01",
                                   "amount_cents": 15000, "ente_cents": 12000, "user_cents": 3000,
                                   "minutes": 90})
    found = store.report("deliveries")
    assert found["spend_cents_by_prestazione"] == {"A1.04": 15000}, found


def refuse_what_is_written_wrong(store, person):
    said = act(store, "record_contact", {"person": person, "telefono": "0750001234"}, expect=2)
    assert "telefono" in said and "0750001234" not in said, said
    said = act(store, "record_contact", {"person": "0750001234"}, expect=2)
    assert "person" in said and "0750001234" not in said, said
    said = store.run("record", stdin="{" + " " * (1 << 20) + "}", expect=2).stderr
    assert "too_large" in said, said
    said = record(store, "record_contact", {"person": person}, expect=1, actor="09" * 16,
                  unit=SECTOR)
    assert "unknown_operator" in said, said
    act(store, "record_contact", {"person": "09" * 16}, expect=3)


def main():
    with product.temporary() as root:
        store = product.Store(root)
        store.init(["D653"])
        define(store)
        command = "0195" + "ab" * 14
        person = {"identifiers": [{"kind": "cf", "value": "PRVFTZ59A41D653B", "verified": True}],
                  "identity": {"surname": "Provetta", "name": "Fittizia", "sex": "F"}}
        when = "2024-01-15T09:00:00Z"
        first = act(store, "register_person", person, id=command, occurred_at=when)
        again = act(store, "register_person", person, id=command, occurred_at=when)
        assert again["result"][0]["outcome"] == "duplicate", again
        assert again["events"] == first["events"], again
        assert first["events"][0]["event"] == command, first
        person = stream_of(first)

        case = open_and_take_in_charge(store, person)
        correct_a_benefit(store, person, case)
        refuse_what_is_written_wrong(store, person)
        mother = stream_of(act(store, "register_person", {"identity": {"surname": "Provetta"}}))
        act(store, "record_kinship", {"person": person, "role": "madre", "other": mother},
            valid_from="2024-01-01")
        shown = json.loads(store.run("person", "--details", "--format", "json",
                                     stdin="cf PRVFTZ59A41D653B\n").stdout)
        assert [(row["role"], row["valid_from"]) for row in shown["relations"]] == [
            ("madre", "2024-01-01")], shown

        note = os.path.join(root, "note.json")
        with open(note, "w", encoding="utf-8") as out:
            json.dump({"command": "record_note", "actor": WORKER, "unit": SECTOR,
                       "fields": {"case_stream": case, "text": "Nota di prova."}}, out)
        done = store.run("record", "--from", note, "--format", "csv")
        rows = list(csv.reader(io.StringIO(done.stdout), delimiter=";"))
        assert any("Posizione" in row for row in rows), done.stdout
        timeline = json.loads(store.run("timeline", "--format", "json", stdin="caso 12\n").stdout)
        details = [row["detail"] for row in timeline["timeline"]]
        assert "Preso in carico" in details and "150,00 €" in details, details
        store.run("verify")


if __name__ == "__main__":
    main()
