#!/usr/bin/env python3
"""Ways past the rules of the interface that somebody with an account, or nobody, could try."""
import json
import time

import api_client
import api_world
from api_client import ENTE, SECTOR
from api_world import IDENTIFIER, OTHER_SECTOR, WORKERS, World, accesses

FAR_POSITION = 2**62


def machine_of(world, role):
    """A client with a machine's token of whoever has the role."""
    made = world[role].call("createToken", {"label": "prova", "role": role}, 201).json()
    return api_client.Client(world.server, world.contract, made["bearer"])


def S_DOS_nobody_holds_a_worker_for_a_position_that_is_not_there(world):
    """A wait takes two seconds; the shortest of three answers tells whether there was one. What needs no
    log-in does not even have the parameter."""
    for client, name, status in ((world.nobody(), "/status", 400),
                                 (world["operatore"], "/v1/caseload", 503)):
        spent = []
        for _ in range(3):
            started = time.monotonic()
            answer = client.raw("GET", "%s?min_position=%d" % (name, FAR_POSITION))
            spent.append(time.monotonic() - started)
            assert answer.status == status, (name, answer.status, answer.body)
        assert min(spent) < 1.5, (name, spent)


def S_SESS_a_token_does_no_dangerous_act(world):
    machine = machine_of(world, "referente_applicativo")
    grant = {"worker": WORKERS["operatore collega"], "role": "coordinatore", "unit": SECTOR}
    for answer in (
            machine.call("grantRole", grant, 403),
            machine.call("createToken", {"label": "figlio", "role": "referente_applicativo"}, 403),
            machine.call("prepareCommand", {"command": "grant_role", "signer": "aa" * 16,
                                            "fields": grant}, 403)):
        assert answer.json()["type"].endswith(":step_up_required"), answer.body
    machine.call("showOrganisation", expect=200)
    machine.close()


def AT23_nobody_assigns_themselves_to_a_sector(world):
    manager = world["referente_applicativo"]
    own = {"worker": WORKERS["referente_applicativo"], "sector": SECTOR}
    manager.call("assignOperatorToSector", own, 403)
    choices = manager.call("showSession", expect=200).json()["choices"]
    assert {each["role"] for each in choices} == {"referente_applicativo"}
    manager.call("assignOperatorToSector", {**own, "worker": WORKERS["operatore collega"]}, 201)


def AT23_nobody_grants_themselves_a_role_and_each_attempt_is_grave(world):
    manager = world["referente_applicativo"]
    own = {"worker": WORKERS["referente_applicativo"], "role": "coordinatore", "unit": SECTOR}
    attempts = (
        manager.call("grantRole", own, 409),
        manager.call("prepareCommand", {"command": "grant_role", "signer": "aa" * 16,
                                        "fields": own}, 409),
        manager.call("assignOperatorToSector", {"worker": own["worker"], "sector": SECTOR}, 403))
    register = accesses(world["dpo"])
    for answer in attempts:
        found = [entry for entry in register if entry["request_id"] == api_world.id_of(answer)]
        assert [(entry["operation"], entry["outcome"], entry["severity"]) for entry in found] == \
            [("DENY", "denied", "high")], found


def OS03_if_match_of_a_mandate_tells_nothing_of_streams(world):
    person = api_world.register(world["segretariato"], surname="Nascosta")["stream"]
    heads = []
    for thing in (person, "00" * 15 + "77"):
        answer = world["coordinatore"].call("decideAuditMandate", {"granted": False}, 412,
                                            headers={"If-Match": '"' + "0" * 32 + '"'},
                                            mandate=thing)
        heads.append("etag" in answer.headers)
    assert heads == [False, False], heads


def S_SESS_a_browser_names_the_port_in_its_origin(world):
    account = world.accounts["operatore collega"]
    body = {"username": account.username, "password": api_client.PASSWORD,
            "totp": account.authenticator.code()}
    for origin, status in (("https://localhost:1", 403), ("https://altro.example", 403),
                           ("https://localhost:%d" % world.server.port, 201)):
        client = world.nobody()
        answer = client.raw("POST", "/v1/sessions", {"Origin": origin,
                                                     "Content-Type": "application/json"},
                            json.dumps(body).encode())
        assert answer.status == status, (origin, answer.status, answer.body)
        client.close()


def AT10_that_somebody_is_known_elsewhere_is_a_look_there(world):
    person = api_world.register(world["segretariato altrove"], identifier=IDENTIFIER)
    asked = world["operatore"].call("searchPeople", {"identifier": IDENTIFIER}, 200,
                                    query=api_world.after(person))
    assert asked.json()["items"] == [] and len(asked.json()["elsewhere"]) == 1
    found = [entry for entry in accesses(world["dpo"])
             if entry["request_id"] == api_world.id_of(asked)]
    assert [person["subject"]] in [entry.get("subjects") for entry in found], found
    assert {entry["operation"] for entry in found} == {"SEARCH"}


def AT01_that_a_registered_person_is_known_is_a_look(world):
    desk = world["segretariato"]
    body = {"identity": {"surname": "Doppia", "name": "Prova"},
            "identifiers": [{"kind": "stp", "value": "STP1234567890124"}]}
    first = desk.call("registerPerson", body, 201).json()
    again = desk.call("registerPerson", body, 200)
    found = [entry for entry in accesses(world["dpo"])
             if entry["request_id"] == api_world.id_of(again)]
    assert [entry.get("subjects") for entry in found] == [[first["subject"]]], found


def AC03_a_private_note_that_names_nobody_is_its_writers(world):
    person = api_world.register(world["segretariato"], surname="Appuntata")["stream"]
    case, _ = api_world.open_case(world, person)
    note = world["operatore"].call("recordNote", {"text": "Solo per me.", "is_private": True}, 201,
                                   case=case).json()
    query = api_world.after(note)
    world["operatore"].call("showCase", expect=200, case=case, query=query)
    world["operatore"].call("showNote", expect=200, case=case, note=note["stream"])
    for other in ("operatore collega", "coordinatore"):
        world[other].call("showNote", expect=404, case=case, note=note["stream"])


def AC01_an_earlier_moment_is_seen_as_the_case_is_now(world):
    person = api_world.register(world["segretariato"], surname="Trasferita")["stream"]
    case, _ = api_world.open_case(world, person)
    chief, former = world["coordinatore"], world["coordinatore di settore"]
    assigned = {"worker": WORKERS["coordinatore di settore"], "sector": OTHER_SECTOR}
    chief.call("assignOperator", assigned, 201, case=case)
    world["operatore"].call("recordInterview", {
        "text": "Parole di un colloquio.", "worker": WORKERS["operatore"],
        "held_at": "2026-06-12T09:30:00Z"}, 201, case=case)
    benefit = former.call("grantBenefit", {
        "person": person, "case_stream": case, "paying_ente": ENTE, "protocol": "2026/77",
        "inps_code": "A1.04", "dsu_number": "INPS-ISEE-2026-1", "dsu_year": 2026,
        "dsu_date": "2026-01-20", "user_area": 1}, 201).json()
    then = benefit["position"] + 1

    def kinds(**query):
        shown = former.call("showCase", expect=200, case=case, query=query).json()
        return {item["kind"] for item in shown["items"]}

    assert {"interview", "benefit"} <= kinds(**api_world.after(benefit))
    former.call("showBenefit", expect=200, benefit=benefit["stream"])
    chief.call("assignOperator", {**assigned, "ended": True}, 201, case=case)
    last = chief.call("shareCase", {"unit": OTHER_SECTOR, "sections": ["accessi"],
                                    "reason": "prova"}, 201, case=case).json()
    assert kinds(**api_world.after(last)) <= {"card"}
    assert kinds(as_of=then) <= {"card"}
    former.call("showBenefit", expect=404, benefit=benefit["stream"])
    former.call("closeBenefit", {"closed_on": "2026-06-13", "reason": "prova"}, 404,
                benefit=benefit["stream"])


def S_SESS_live_changes_end_with_the_log_in(world):
    desk = world.log_in("addetto_diritti altrove")
    lines = desk.listen("followChanges", {})
    next(lines)
    other = world.log_in("addetto_diritti altrove")
    handle = next(each["session"] for each in other.call("listSessions", expect=200).json()["items"]
                  if not each["current"])
    other.call("revokeSession", expect=204, session=handle)
    started = time.monotonic()
    assert not any(b"data:" in line for line in lines)
    assert time.monotonic() - started < 25
    desk.close()
    other.close()


def AC01_mandates_of_another_comune_are_not_listed(world):
    proposed = world["coordinatore"].call("proposeAuditMandate", {
        "act": "Determina di prova", "auditor": WORKERS["auditor"], "cases": ["0c" * 16],
        "sections": ["note"], "from": "2026-01-01", "to": "2036-01-01"}, 201).json()
    assert proposed["position"] > 0
    own = world["coordinatore"].call("listAuditMandates", expect=200).json()["items"]
    theirs = world["coordinatore altrove"].call("listAuditMandates", expect=200).json()["items"]
    assert len(own) == 1 and theirs == [], (own, theirs)


def main():
    api_world.EVERYBODY["coordinatore altrove"] = ("16" * 16, "coordinatore013",
                                                   api_world.NEIGHBOUR)
    WORKERS["coordinatore altrove"] = "16" * 16
    with World(words=("--requests-per-second", "100000")) as world:
        api_world.run_claims(globals(), world)


if __name__ == "__main__":
    main()
