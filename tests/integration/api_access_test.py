#!/usr/bin/env python3
"""The register of accesses through the interface: requirements AT of the audit trail, by their ids."""
import json
import re

import api_client
import api_world
from api_world import IDENTIFIER, NAME, SURNAME, WORKERS, World, accesses, after, id_of
from api_client import ENTE, OFFICE, SECTOR

COMPULSORY = ("position", "event_id", "recorded_at", "request_id", "operation", "outcome", "actor",
              "actor_role", "client_id", "auth_context", "target", "purpose", "result_count",
              "severity", "policy_version")
INTERVIEW = "Parole inconfondibili di un colloquio: zibaldone, quisquilie."


class Files:
    """What the claims look at: one person with a card, a case, texts, a benefit and a rights request."""

    def __init__(self, world):
        desk, worker = world["segretariato"], world["operatore"]
        self.person = api_world.register(desk, identifier=IDENTIFIER)["stream"]
        self.card = api_world.open_card(world, self.person)["stream"]
        self.case, _ = api_world.open_case(world, self.person)
        self.interview = worker.call("recordInterview", {
            "text": INTERVIEW, "worker": WORKERS["operatore"],
            "held_at": "2026-06-12T09:30:00Z"}, 201, case=self.case).json()["stream"]
        self.note = worker.call("recordNote", {"text": "Nota di prova."}, 201,
                                case=self.case).json()["stream"]
        self.benefit = worker.call("grantBenefit", {
            "person": self.person, "case_stream": self.case, "paying_ente": ENTE,
            "protocol": "2026/1", "inps_code": "A1.04", "dsu_number": "INPS-ISEE-2026-1",
            "dsu_year": 2026, "dsu_date": "2026-01-20",
            "user_area": 1}, 201).json()["stream"]
        last = world["addetto_diritti"].call("openRightsRequest", {
            "person": self.person, "kind": "gdpr15", "received_on": "2026-06-12"}, 201).json()
        self.request = last["stream"]
        self.end = last["position"] + last["event_count"]
        worker.call("showCase", expect=200, case=self.case,
                    query={"min_position": self.end - 1})
        self.subject = world["segretariato"].call("showPerson", expect=200,
                                                  person=self.person).json()["subject"]


def looks(files):
    """(who, operation, its arguments, kind, whose data): each operation that shows something."""
    person, case = {"person": files.person}, {"case": files.case}
    one = {files.subject}
    for name in ("showPerson", "showPersonTimeline", "listPersonCases", "listPersonCards",
                 "listPersonBenefits"):
        yield "operatore", name, person, "VIEW" if name == "showPerson" else "LIST", one
    yield "operatore", "searchPeople", {"body": {"identifier": IDENTIFIER}}, "SEARCH", one
    yield "segretariato", "showCard", {"card": files.card}, "VIEW", one
    yield "segretariato", "listCards", {"query": {"office": OFFICE}}, "LIST", one
    yield "operatore", "showCase", case, "VIEW", one
    yield "operatore", "showCaseTimeline", case, "VIEW", one
    yield "operatore", "showInterview", {**case, "interview": files.interview}, "VIEW", one
    yield "operatore", "showNote", {**case, "note": files.note}, "VIEW", one
    yield "operatore", "showCaseload", {}, "LIST", one
    yield "operatore", "showBenefit", {"benefit": files.benefit}, "VIEW", one
    yield "operatore", "showPersonHistory", person, "REPLAY", one
    yield "operatore", "showCaseHistory", case, "REPLAY", one
    yield "operatore", "compareCase", {**case, "query": {"from": 1, "to": files.end}}, "REPLAY", one
    yield "addetto_diritti", "listPersonAccesses", person, "VIEW", one
    yield "addetto_diritti", "showRightsRequest", {"request": files.request}, "DSAR", one
    yield "coordinatore", "makeReport", {"body": {"name": "accesses"}}, "REPORT", set()
    yield "auditor", "replayEvents", {"query": {"from": 0, "to": 3}}, "REPLAY", set()
    yield "auditor", "listAccesses", {}, "VIEW", set()


def AT02_one_request_of_each_kind_gives_one_entry_with_all_compulsory_fields(world, files):
    asked = []
    for who, name, arguments, kind, subjects in looks(files):
        answer = world[who].call(name, expect=200, **arguments)
        asked.append((id_of(answer), who, name, kind, subjects))
    register = accesses(world["dpo"])
    for request, who, name, kind, subjects in asked:
        found = [entry for entry in register if entry["request_id"] == request]
        assert len(found) == 1, (name, len(found))
        entry = found[0]
        missing = [field for field in (*COMPULSORY, "relation") if entry.get(field) in (None, "")]
        assert not missing, (name, missing)
        assert entry["operation"] == kind, (name, entry["operation"])
        assert entry["outcome"] == "ok" and entry["actor"] == WORKERS[who], name
        assert entry["actor_role"] == who.split()[0], name
        assert set(entry["subjects"]) == subjects, (name, entry["subjects"])
        if "case" in name.lower() and name != "listPersonCases" and name != "showCaseload":
            assert entry["case_id"] == files.case, name
        unit = api_world.EVERYBODY[who][2]
        assert entry.get("actor_unit") == unit, name


def AT02_an_export_stands_in_it_as_such(world, _):
    world["coordinatore"].step_up()
    answer = world["coordinatore"].call("exportReport", {"name": "accesses"}, 200)
    found = [entry for entry in accesses(world["dpo"]) if entry["request_id"] == id_of(answer)]
    assert [entry["operation"] for entry in found] == ["EXPORT"], found
    assert all(found[0].get(field) not in (None, "") for field in COMPULSORY), found[0]


def AT02_a_download_stands_in_it_with_the_person_and_who_asked(world, files):
    officer = world["addetto_diritti"]
    officer.step_up()
    answer = officer.call("downloadPackage", expect=200, request=files.request)
    assert answer.body.startswith(b"PK")
    found = [entry for entry in accesses(world["dpo"]) if entry["request_id"] == id_of(answer)]
    assert len(found) == 1, found
    assert found[0]["operation"] in ("DOWNLOAD", "DSAR"), found[0]["operation"]
    assert found[0]["subjects"] == [files.subject] and found[0]["relation"] == "rights_request"
    assert all(found[0].get(field) not in (None, "") for field in COMPULSORY), found[0]


def AT05_log_ins_log_outs_and_failures_stand_in_the_administrators_stream(world, _):
    system = world["amministratore_sistema"]
    before = len(accesses(system))
    account = world.accounts["operatore collega"]
    client = world.nobody()
    asked = {}
    wrong = {"username": account.username, "password": "x" * 20, "totp": "000000"}
    asked["FAILED"] = id_of(client.call("openSession", wrong, 401))
    absent = {**wrong, "username": "nessuno001"}
    asked["FAILED absent"] = id_of(client.call("openSession", absent, 401))
    opened = client.log_in(account)
    # Its holder is told: one wrong password, and since when the right one is there.
    assert opened["failed_tries"] == 1 and opened["password_set_at"] < opened["created_at"], opened
    asked["LOGOUT"] = id_of(client.call("closeSession", expect=204))
    found = accesses(system)
    assert len(found) > before
    for kind, request in asked.items():
        entries = [entry for entry in found if entry["request_id"] == request]
        assert len(entries) == 1, (kind, entries)
        assert entries[0]["operation"] == kind.split()[0], entries
        assert entries[0]["operation_label"] and entries[0]["recorded_at"].endswith("Z")
    outcomes = {entry["operation"]: entry["outcome"] for entry in found}
    assert outcomes["LOGIN"] == "ok" and outcomes["FAILED"] == "denied", outcomes
    assert [entry for entry in found if entry["operation"] == "LOGIN" and
            entry["actor"] == WORKERS["operatore collega"]]
    assert account.username not in json.dumps([entry for entry in found
                                               if entry["request_id"] == asked["FAILED"]
                                               and "actor" not in entry])
    assert all("subjects" not in entry and "case_id" not in entry for entry in found)


def AT06_the_person_learns_unit_day_time_and_purpose_and_no_name(world, _):
    desk = world["segretariato"]
    person = api_world.register(desk, surname="Osservati", name="Adelmo")["stream"]
    case, last = api_world.open_case(world, person)
    wait = after(last)
    for who, name, values in (
            ("operatore", "showPerson", {"person": person}),
            ("operatore", "showCase", {"case": case}),
            ("operatore collega", "showPerson", {"person": person}),
            ("operatore collega", "showCase", {"case": case}),
            ("segretariato", "showPerson", {"person": person})):
        world[who].call(name, expect=200, query=wait, **values)
    position = accesses(world["dpo"])[-1]["position"]
    for who in ("addetto_diritti", "dpo"):
        answer = world[who].call("listPersonAccesses", expect=200, person=person,
                                 query={"min_position": position})
        rows = [row for row in answer.json()["items"]
                if row["purpose"] in ("presa in carico e gestione del caso", "accesso al servizio")]
        assert len(rows) == 5, (who, answer.json())
        assert sorted(row["unit"] for row in rows) == sorted([SECTOR] * 4 + [OFFICE])
        assert all(row["unit_label"] and row["operation_label"] for row in rows)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", row["recorded_at"])
                   for row in rows)
        text = answer.body.decode()
        for name, (worker, username, _) in api_world.EVERYBODY.items():
            assert worker not in text and username not in text, name


def AT07_reading_the_register_adds_one_entry_and_reading_that_one_more(world, _):
    auditor = world["auditor"]
    accesses(auditor)
    first = auditor.call("listAccesses", expect=200, query={"from_position": 100,
                                                            "to_position": 500})
    again = auditor.call("listAccesses", expect=200,
                         query={"min_position": first.json()["position"], "limit": 100})
    entries = again.json()["items"]
    mine = [entry for entry in entries if entry["request_id"] == id_of(first)]
    assert len(mine) == 1 and mine[0] == entries[0], "one entry, and the newest"
    assert mine[0]["target"].startswith("access-log/100-500"), mine[0]["target"]
    assert mine[0]["result_count"] == len(first.json()["items"]), mine[0]
    third = auditor.call("listAccesses", expect=200,
                         query={"min_position": again.json()["position"], "limit": 100}).json()
    newer = [entry for entry in third["items"] if entry["position"] > mine[0]["position"]]
    assert [entry["request_id"] for entry in newer] == [id_of(again)], newer


def AT07_the_entry_of_a_reading_tells_its_filters(world, _):
    auditor, actor = world["auditor"], WORKERS["operatore"]
    world["operatore"].call("searchPeople", {"identifier": IDENTIFIER}, 200)
    everything = accesses(auditor)
    read = auditor.call("listAccesses", expect=200, query={
        "from_position": 0, "to_position": everything[-1]["position"], "limit": 100,
        "actor": actor, "operation": "SEARCH", "from": "2020-01-01", "to": "2099-12-31"})
    shown = read.json()["items"]
    assert {(entry["actor"], entry["operation"]) for entry in shown} == {(actor, "SEARCH")}
    assert shown == [entry for entry in reversed(everything)
                     if entry["actor"] == actor and entry["operation"] == "SEARCH"]
    entry = [each for each in accesses(auditor) if each["request_id"] == id_of(read)][0]
    for word in ("/actor=" + actor, "/operation=SEARCH", "/from=2020-01-01", "/to=2099-12-31"):
        assert word in entry["target"], entry["target"]
    assert entry["result_count"] == len(shown)


def AT08_a_dpo_sees_who_looked_and_no_case(world, files):
    dpo = world["dpo"]
    dpo.call("listAccesses", expect=200)
    for name, values in (("showCase", {"case": files.case}), ("showPerson", {"person": files.person}),
                         ("showCaseHistory", {"case": files.case}),
                         ("showInterview", {"case": files.case, "interview": files.interview}),
                         ("showBenefit", {"benefit": files.benefit}),
                         ("replayEvents", {"query": {"from": 0, "to": 3}}),
                         ("searchPeople", {"body": {"identifier": IDENTIFIER}})):
        refused = dpo.call(name, expect=403, **values)
        assert SURNAME not in refused.body.decode() and IDENTIFIER not in refused.body.decode()


def AT08_an_administrator_gets_no_data_of_a_case_from_any_operation(world, files):
    system = world["amministratore_sistema"]
    for who, name, arguments, _, _ in looks(files):
        if name != "listAccesses":
            system.call(name, expect=403, **arguments)
    text = json.dumps(accesses(system))
    for secret in (SURNAME, NAME, IDENTIFIER, files.subject, files.case, files.person, INTERVIEW):
        assert secret not in text


def AT08_the_files_of_the_store_hold_no_name_in_clear(world, _):
    wanted = [text.encode() for text in (SURNAME, NAME, IDENTIFIER, INTERVIEW, "Osservati")]
    looked = 0
    for path in api_world.files_of(world.store.data):
        with open(path, "rb") as source:
            content = source.read()
        looked += len(content)
        assert not [text for text in wanted if text in content], path
    assert looked > 100000, looked


def AT12_a_refusal_by_role_tells_who_asked_for_what(world, files):
    asked = [(id_of(world["dpo"].call("showCase", expect=403, case=files.case)),
              "showCase/" + files.case),
             (id_of(world["segretariato"].call("showCaseHistory", expect=403, case=files.case)),
              "showCaseHistory/" + files.case),
             (id_of(world["amministratore_sistema"].call("showCaseload", expect=403)),
              "showCaseload")]
    register = accesses(world["auditor"])
    for request, target in asked:
        found = [entry for entry in register if entry["request_id"] == request]
        assert [entry["target"] for entry in found] == [target], (target, found)
        assert found[0]["outcome"] == "denied" and found[0]["operation"] == "DENY"


def AT10_a_search_is_one_entry_with_the_people_shown_and_the_number_found(world, _):
    desk = world["segretariato"]
    surname, name = "Cercatissimi", "Ildegarda"
    streams = [api_world.register(desk, surname=surname, name=name, born="1961-02-%02d" % (1 + i % 28))
               for i in range(27)]
    answer = desk.call("searchPeople", {"surname": surname, "name": name, "birth_year": 1961}, 200,
                       query=after(streams[-1]))
    found = answer.json()
    assert found["count"] == 27 and len(found["items"]) == 20, found["count"]
    subjects = {desk.call("showPerson", expect=200, person=hit["person"]).json()["subject"]
                for hit in found["items"]}
    register = accesses(world["dpo"])
    entries = [entry for entry in register if entry["request_id"] == id_of(answer)]
    assert len(entries) == 1 and entries[0]["operation"] == "SEARCH"
    assert set(entries[0]["subjects"]) == subjects and len(subjects) == 20
    assert entries[0]["result_count"] == 27
    text = json.dumps(register)
    assert surname not in text and name not in text
    for path in api_world.files_of(world.folder.name):
        with open(path, "rb") as source:
            content = source.read().lower()
        assert surname.lower().encode() not in content and name.lower().encode() not in content, path


def AT16_times_are_utc_with_z_and_the_order_is_that_of_positions(world, _):
    page = world["dpo"].call("listAccesses", expect=200, query={"limit": 100}).json()
    positions = [entry["position"] for entry in page["items"]]
    assert len(positions) > 30 and positions == sorted(positions, reverse=True)
    assert len(set(positions)) == len(positions)
    for entry in page["items"]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", entry["recorded_at"])


def AT19_entries_carry_no_content_of_a_case(world, files):
    world["operatore"].call("showInterview", expect=200, case=files.case,
                            interview=files.interview)
    register = accesses(world["auditor"])
    text = json.dumps(register, ensure_ascii=False)
    for secret in (INTERVIEW, "zibaldone", SURNAME, NAME, IDENTIFIER, "Nota di prova"):
        assert secret not in text
    for entry in register:
        target = entry.get("target", "")
        assert re.fullmatch(r"[A-Za-z0-9/?&=,._-]*", target), target
        assert entry.get("purpose") in (
            "presa in carico e gestione del caso", "accesso al servizio", "controllo degli accessi",
            "esercizio dei diritti dell'interessato", "statistiche", "configurazione",
            "verifica di legittimità", "programmazione dei servizi"), entry["purpose"]


def AT22_who_asks_for_the_entries_of_others_is_refused(world, _):
    own = WORKERS["operatore collega"]
    world["operatore collega"].call("listAccesses", expect=200)
    world["operatore"].call("listAccesses", expect=403, query={"actor": own})
    for who in ("operatore", "operatore collega"):
        found = accesses(world[who])
        assert found and {entry["actor"] for entry in found} == {WORKERS[who]}
    chief = world["coordinatore di settore"]
    chief.call("listAccesses", expect=200, query={"unit": api_world.OTHER_SECTOR})
    chief.call("listAccesses", expect=403, query={"unit": SECTOR})
    found = accesses(chief, unit=api_world.OTHER_SECTOR)
    assert found and {entry["actor_unit"] for entry in found} == {api_world.OTHER_SECTOR}
    # Of the whole comune for its coordinator, and nothing of the other comune.
    world["operatore altrove"].call("showCaseload", expect=200)
    enti = {entry.get("actor_unit") for entry in accesses(world["coordinatore"])}
    assert {SECTOR, OFFICE} <= enti and api_world.THEIR_SECTOR not in enti, enti


def AT12_a_thousand_refused_reads_make_few_entries_and_are_all_counted(world, files):
    stranger = world["operatore altrove"]
    before = sum(entry.get("repeated", 1) for entry in accesses(world["dpo"])
                 if entry["operation"] == "DENY" and entry["actor"] == stranger_id())
    for _ in range(1000):
        stranger.call("showCase", expect=404, case=files.case)
    world.stop()  # what is only counted yet is written
    world.start()
    denied = [entry for entry in accesses(world["dpo"])
              if entry["operation"] == "DENY" and entry["actor"] == stranger_id()]
    assert all(entry["outcome"] == "denied" for entry in denied)
    total = sum(entry.get("repeated", 1) for entry in denied) - before
    assert total == 1000, total
    assert len(denied) <= 20, len(denied)


def stranger_id():
    return WORKERS["operatore altrove"]


def AT04_a_log_with_accesses_verifies_and_nothing_of_it_changes(world, _):
    kept = accesses(world["dpo"])
    world.stop()
    done = world.store.run("verify")
    assert done.returncode == 0
    world.start()
    assert accesses(world["dpo"])[:len(kept)] == kept


def main():
    with World(words=("--requests-per-second", "100000")) as world:
        api_world.run_claims(globals(), world, Files(world))


if __name__ == "__main__":
    main()
