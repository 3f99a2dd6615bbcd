#!/usr/bin/env python3
"""DS-20: whoever's processing is restricted is found, listed and counted by nobody but the rights officer."""
import json

import api_world
from api_client import ENTE, SECTOR
from api_events_test import told
from api_world import IDENTIFIER, NAME, SURNAME, WORKERS, World, after

NAMES = ("operatore", "coordinatore", "segretariato", "addetto_diritti", "segretariato altrove")
OTHERS = 6  # with the one who is restricted: no cell is small before, none after
BY_IDENTIFIER = {"identifier": IDENTIFIER}
BY_NAME = {"surname": SURNAME, "name": NAME, "birth_year": 1959}


class People:
    def __init__(self, world):
        desk = world["segretariato"]
        api_world.register(world["segretariato altrove"], identifier=IDENTIFIER)
        self.person = api_world.register(desk, identifier=IDENTIFIER)["stream"]
        self.case, _ = api_world.open_case(world, self.person)
        for number in range(OTHERS):
            self.other = api_world.register(desk, surname="Altrettanti",
                                            name="Persona" + "abcdef"[number])["stream"]
            _, last = api_world.open_case(world, self.other)
        self.wait = after(last)


def restrict(world, person):
    answer = world["addetto_diritti"].call("restrictProcessing", {"ground": "esattezza contestata"}, 201,
                                           person=person)
    return answer.json()["command_id"]


def lift(world, restriction):
    world["addetto_diritti"].call("liftRestriction", {"notice": "lettera", "reason": "dati verificati"}, 201,
                                  restriction=restriction)


def found(world, who, terms):
    answer = world[who].call("searchPeople", terms, 200).json()
    assert len(answer["items"]) == answer["count"], answer
    return answer["count"]


def counted(world):
    """Accesses and cases by the statistics, cases by the caseload: of the interface, of the command line."""
    chief = world["coordinatore"]
    figures = []
    for name in ("accesses", "cases"):
        report = chief.call("makeReport", {"name": name}, 200).json()
        total = [each for each in report["sections"] if each["name"] == name + "_total"]
        figures.append(total[0]["rows"][0]["value"])
        figures.append(asked(world, "report", name, "--all-cells")[name + "_total"][0]["value"])
    counts = chief.call("showCaseloadCounts", expect=200).json()["items"]
    figures.append(sum(each["cases"] for each in counts))
    figures.append(sum(each["cases"] for each in asked(world, "caseload", "--counts")["caseload"]))
    figures.append(len(asked(world, "caseload", question="settore " + SECTOR)["caseload"]))
    figures.append(len(asked(world, "register")["register"]))
    return set(figures)


def asked(world, *words, question=""):
    done = world.store.run(*words, "--format", "json", stdin=question + "\n")
    return json.loads(done.stdout)


def recounted(world):
    """What the one published report shows anew."""
    listed = asked(world, "published")["published"]
    again = asked(world, "published", listed[0]["stream"])
    summary = {row["name"]: row["value"] for row in again["summary"]}
    return again["differences"], summary["limitazioni da allora"]


def DS20_no_search_list_or_count_has_who_is_restricted_but_the_rights_officers(world, people):
    world["operatore"].call("showCaseload", expect=200, query=people.wait)
    assert counted(world) == {OTHERS + 1}
    for who in ("operatore", "coordinatore", "segretariato", "addetto_diritti"):
        for terms in (BY_IDENTIFIER, BY_NAME):
            assert found(world, who, terms) == 1, who
    neighbour = world["segretariato altrove"]
    elsewhere = neighbour.call("searchPeople", BY_IDENTIFIER, 200).json()["elsewhere"]
    assert [each["comune"] for each in elsewhere] == ["D653"], elsewhere

    restriction = restrict(world, people.person)

    for who in ("operatore", "coordinatore", "segretariato"):
        for terms in (BY_IDENTIFIER, BY_NAME):
            assert found(world, who, terms) == 0, who
        world[who].call("showPerson", expect=404, person=people.person)
    for terms in (BY_IDENTIFIER, BY_NAME):
        assert found(world, "addetto_diritti", terms) == 1
    found_there = neighbour.call("searchPeople", BY_IDENTIFIER, 200).json()
    assert found_there["elsewhere"] == [] and found_there["count"] == 1, found_there
    assert counted(world) == {OTHERS}
    listed = world["operatore"].call("showCaseload", expect=200).json()["items"]
    assert len(listed) == OTHERS and people.case not in json.dumps(listed)

    lift(world, restriction)
    assert counted(world) == {OTHERS + 1} and found(world, "operatore", BY_NAME) == 1


def RE05_a_published_report_is_counted_again_without_who_was_restricted_then_or_is_now(world, people):
    before = restrict(world, people.other)
    world.store.run("report", "cases", "--all-cells", "--publish")
    assert recounted(world) == ([], 0)
    lift(world, before)
    assert recounted(world) == ([], 0), "who was out of it then stays out"
    since = restrict(world, people.person)
    differences, restrictions = recounted(world)
    assert restrictions == 1
    total = [row for row in differences if row["section"] == "cases_total"]
    assert [(row["published"], row["recomputed"]) for row in total] == \
        [(str(OTHERS), str(OTHERS - 1))], differences
    lift(world, since)
    assert recounted(world)[0] == []


def DS20_the_front_office_is_told_of_no_change_that_the_gate_denies_it(world, people):
    desk, officer = world["segretariato"], world["addetto_diritti"]
    contact = {"phone": "0742000000"}
    first = desk.call("recordContact", contact, 201, person=people.other).json()
    request = officer.call("openRightsRequest", {
        "person": people.other, "kind": "gdpr15", "received_on": "2026-06-12"}, 201).json()
    restriction = restrict(world, people.person)
    world.store.run("record", stdin=json.dumps({
        "command": "record_contact", "actor": WORKERS["addetto_diritti"], "unit": ENTE,
        "fields": {"person": people.person, **contact}}))
    last = desk.call("recordContact", contact, 201, person=people.other).json()
    since = first["position"] - 1
    assert [position for _, position, _ in told(desk, since, last["position"])] == \
        [first["position"], last["position"]]
    events = told(officer, since, last["position"])
    assert [kind for kind, _, _ in events] == [
        "ContactRecorded", "RightsRequestOpened", "ContactRecorded", "ContactRecorded"], events
    assert [data["stream"] for _, _, data in events] == [
        people.other, request["stream"], people.person, people.other]
    lift(world, restriction)


def main():
    with World(*NAMES) as world:
        api_world.run_claims(globals(), world, People(world))


if __name__ == "__main__":
    main()
