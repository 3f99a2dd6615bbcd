#!/usr/bin/env python3
"""AT-18: a whole day of work, and none of 500 people stands in the log, the metrics or an address."""
import json
import random

import api_client
import api_world
from api_client import NEED, OFFICE
from api_world import WORKERS, World, after

PEOPLE_COUNT = 500
ODD = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)))
ODD.update(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11,
                                              3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)))


def with_check(code):
    """A codice fiscale with the letter that its other fifteen give."""
    total = sum(ODD[c] if place % 2 == 0 else int(c) if c.isdigit() else ord(c) - 65
                for place, c in enumerate(code))
    return code + chr(65 + total % 26)


def invent(count):
    """Surnames that nobody has, with an identifier and a telephone number each."""
    chance = random.Random(18)
    people, seen = [], set()
    while len(people) < count:
        surname = "".join(chance.choice("BCDFGLMNPRSTVZ") + chance.choice("aeiou")
                          for _ in range(5)).capitalize()
        if surname in seen:
            continue
        seen.add(surname)
        consonants = [c for c in surname.upper() if c not in "AEIOU"]
        code = with_check("%sPRV%02d%s%02dD653" % (
            "".join(consonants[:3]), chance.randrange(100), chance.choice("ABCDEHLMPRST"),
            chance.randrange(1, 29)))
        people.append((surname, code, "33%08d" % chance.randrange(10 ** 8)))
    return people


class Addresses:
    """Every target that was asked for, and every one that an answer gave."""

    def __init__(self):
        self.seen = []

    def watch(self, client):
        plain = client.send

        def send(method, target, headers, body):
            self.seen.append(target)
            answer = plain(method, target, headers, body)
            self.seen += [answer.headers[name] for name in ("location", "content-disposition")
                          if name in answer.headers]
            if answer.status >= 400:
                self.seen.append(answer.body.decode())  # a refusal is logged by whoever gets it
            return answer

        client.send = send


def load(world, people):
    desk = world["segretariato"]
    persons = []
    for surname, code, phone in people:
        person = desk.call("registerPerson", {
            "identifiers": [{"kind": "cf", "value": code}],
            "identity": {"surname": surname, "name": "Prova", "birth_date": "1970-01-01"}}, 201
        ).json()["stream"]
        persons.append(person)
        last = desk.call("recordContact", {"mobile": phone, "holder": surname}, 201,
                         person=person).json()
    desk.call("showPerson", expect=200, person=persons[-1], query=after(last))
    return persons


def work(world, people, persons):
    """What is done with some of them, errors included: names where they belong and where they do not."""
    desk, worker = world["segretariato"], world["operatore"]
    for (surname, code, phone), person in list(zip(people, persons))[:40]:
        desk.call("searchPeople", {"surname": surname, "name": "Prova", "birth_year": 1970}, 200)
        desk.call("searchPeople", {"identifier": code}, 200)
        desk.call("showPerson", expect=200, person=person)
        desk.call("registerPerson", {"identifiers": [{"kind": "cf", "value": code[:-1] + "0"}],
                                     "identity": {"surname": surname}}, 422)
        desk.call("recordContact", {"phone": phone, "email": surname}, person=person,
                  headers={"If-Match": '"%s"' % surname})
        worker.call("showPerson", expect=404, person=person)
        unknown = {"identity": {"surname": surname}, surname: code}
        answer = desk.raw("POST", "/v1/people", {"Content-Type": "application/json",
                                                 "Idempotency-Key": api_client.uuid7()},
                          json.dumps(unknown).encode())
        assert answer.status == 422, answer.status
        wrong = world.nobody()
        wrong.call("openSession", {"username": surname, "password": code, "totp": "000000"})
        wrong.close()
    for (surname, _, _), person in list(zip(people, persons))[:10]:
        card = desk.call("openCard", {
            "person": person, "access_date": "2026-06-12", "mode": "Di Persona", "office": OFFICE,
            "motive_text": "Accompagnata da " + surname, "needs": {"needs": [NEED]}}, 201).json()
        case, _ = api_world.open_case(world, person)
        note = worker.call("recordNote", {"text": "Telefonata a " + surname}, 201,
                           case=case).json()
        worker.call("showNote", expect=200, case=case, note=note["stream"], query=after(note))
        worker.call("showCaseHistory", expect=200, case=case)
        desk.call("showCard", expect=200, card=card["stream"])
        world["addetto_diritti"].call("openRightsRequest", {
            "person": person, "kind": "gdpr15", "received_on": "2026-06-12",
            "requester": surname, "note": "per " + surname}, 201)
    for query in ({"limit": 5}, {"limit": 100}):
        page = desk.call("listCards", expect=200, query=query).json()
        if "next_cursor" in page:
            desk.call("listCards", expect=200, query={**query, "cursor": page["next_cursor"]})
    worker.call("showCaseload", expect=200)
    worker.call("showCase", expect=404, case=WORKERS["operatore"])


def AT18_no_person_stands_in_the_log_the_metrics_or_an_address(world):
    people, addresses = invent(PEOPLE_COUNT), Addresses()
    for name in ("segretariato", "operatore", "addetto_diritti", "amministratore_sistema"):
        addresses.watch(world[name])
    persons = load(world, people)
    work(world, people, persons)
    metrics = world["amministratore_sistema"].call("showMetrics", expect=200).body.decode()
    places = {"metrics": metrics, "addresses": "\n".join(addresses.seen)}
    assert len(addresses.seen) > 1200 and "cartella" in metrics
    world.stop()
    places["log"] = world.server_said
    assert places["log"].count("\n") > 1200, "the log has a line for each request"
    for place, text in places.items():
        text = text.lower()
        found = [kind for kind, words in (
            ("surname", [each[0] for each in people]), ("identifier", [each[1] for each in people]),
            ("telephone", [each[2] for each in people]))
            for word in words if word.lower() in text]
        assert not found, "%s: %d of them, the first a %s" % (place, len(found), found[0])


def main():
    with World("segretariato", "operatore", "addetto_diritti", "amministratore_sistema",
               words=("--requests-per-second", "100000")) as world:
        api_world.run_claims(globals(), world)


if __name__ == "__main__":
    main()
