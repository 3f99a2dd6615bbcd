#!/usr/bin/env python3
"""Events through the interface: told as they come, as of a moment, replayed, proved, and signed by their author."""
import base64
import hashlib
import json
import struct
import subprocess

import api_client
import api_world
import product
from api_client import ENTE, NEED, OFFICE
from api_world import (IDENTIFIER, NAME, NEIGHBOUR, SURNAME, WORKERS, World, accesses, after,
                       id_of)

TEXT = "Parole che nessuno deve trovare fuori dal caso."


def told(client, since, until):
    """The events that a subscriber is told after position `since`, up to and with `until`."""
    listener = client.__class__(client.server, client.contract, client.bearer)
    events, fields = [], {}
    for line in listener.listen("followChanges", {"Last-Event-ID": str(since)}):
        line = line.decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
            continue
        if "data" in fields:
            events.append((fields.get("event"), int(fields.get("id", -1)),
                           json.loads(fields["data"])))
        seen, fields = int(fields.get("id", -1)), {}
        if seen >= until:
            break
    listener.close()
    return events


class Two:
    """A case here and one in the other comune."""

    def __init__(self, world):
        self.person = api_world.register(world["segretariato"], identifier=IDENTIFIER)["stream"]
        self.case, _ = api_world.open_case(world, self.person)
        self.their_person = api_world.register(world["segretariato altrove"], surname="Altrui",
                                               name="Altrove")["stream"]
        self.their_case, last = api_world.open_case(
            world, self.their_person, "segretariato altrove", "operatore altrove")
        self.start = last["position"] + last["event_count"] - 1
        world["operatore"].call("showCaseload", expect=200, query=after(last))


def A_subscriber_is_told_of_the_own_unit_and_of_nothing_else(world, two):
    ours, theirs = world["operatore"], world["operatore altrove"]
    note = ours.call("recordNote", {"text": TEXT}, 201, case=two.case).json()
    others = theirs.call("recordNote", {"text": TEXT}, 201, case=two.their_case).json()
    world["segretariato altrove"].call("recordContact", {"phone": "1"}, 201,
                                       person=two.their_person)
    ours.call("showCase", expect=200, case=two.case)  # an access: never told
    last = ours.call("setCategory", {"category": "1"}, 201, case=two.case).json()
    # A text that may be withheld is told to its author alone.
    for client, wanted in ((ours, ["NoteRecorded", "CaseCategorySet"]),
                           (world["coordinatore"], ["CaseCategorySet"])):
        events = told(client, two.start, last["position"])
        assert [kind for kind, _, _ in events] == wanted, events
        for kind, position, data in events:
            assert data["position"] == position and data["type"] == kind
            assert set(data) <= {"position", "type", "stream", "case"}, data
            assert data.get("case", data.get("stream")) == two.case, data
        text = json.dumps(events)
        assert TEXT not in text and two.their_case not in text and others["stream"] not in text
        assert (note["stream"] in text) == ("NoteRecorded" in wanted)
    foreign = told(theirs, two.start, others["position"])
    assert [data["position"] for _, _, data in foreign] == [others["position"]], foreign


def A_subscriber_resumes_after_the_last_event_it_saw(world, two):
    ours = world["operatore"]
    receipts = [ours.call("recordNote", {"text": "Nota %d" % number}, 201, case=two.case).json()
                for number in range(4)]
    places = [receipt["position"] for receipt in receipts]
    whole = [position for _, position, _ in told(ours, places[0] - 1, places[-1])]
    assert whole == places, (whole, places)
    rest = [position for _, position, _ in told(ours, places[1], places[-1])]
    assert rest == places[2:], rest
    for wrong in ("x", "-1", "1e3"):
        answer = ours.raw("GET", "/v1/changes", {"Last-Event-ID": wrong})
        assert answer.status == 400, (wrong, answer.status)


def A_reserved_interview_is_told_to_its_author_alone(world, two):
    author, colleague = world["operatore"], world["operatore collega"]
    hidden = author.call("recordInterview", {
        "text": TEXT, "reserved": True, "held_at": "2026-06-12T09:30:00Z",
        "worker": WORKERS["operatore"]}, 201, case=two.case).json()
    last = author.call("setCategory", {"category": "1", "prevalent": True}, 201,
                       case=two.case).json()
    assert len(told(author, hidden["position"] - 1, last["position"])) == 2
    events = told(colleague, hidden["position"] - 1, last["position"])
    assert hidden["stream"] not in json.dumps(events)
    assert hidden["position"] not in [position for _, position, _ in events], events


def A_case_is_shown_as_it_was_known_at_a_position_and_at_an_instant(world, two):
    ours = world["operatore"]
    now = ours.call("showCase", expect=200, case=two.case).json()
    first, second = now["steps"][0], now["steps"][1]
    then = ours.call("showCase", expect=200, case=two.case,
                     query={"as_of": first["position"] + 1}).json()
    assert then["state"] == "aperto" and then["operators"] == [] and len(then["steps"]) == 1
    later = ours.call("showCase", expect=200, case=two.case,
                      query={"as_of": second["position"] + 1}).json()
    assert later["state"] == "preso_in_carico"
    assert not [item for item in later["items"] if item["kind"] == "note"]
    entry = [each for each in ours.call("showCaseTimeline", expect=200, case=two.case).json()["items"]
             if each["position"] == second["position"]][0]
    by_time = ours.call("showCase", expect=200, case=two.case,
                        query={"as_of": entry["recorded_at"]}).json()
    assert by_time["state"] == "preso_in_carico", by_time["state"]
    ours.call("showCase", expect=404, case=two.case, query={"as_of": "2020-01-01T00:00:00Z"})
    for name, thing in (("showCaseTimeline", {"case": two.case}),
                        ("showPersonTimeline", {"person": two.person})):
        whole = ours.call(name, expect=200, query={"limit": 100}, **thing).json()["items"]
        part = ours.call(name, expect=200, query={"limit": 100, "as_of": second["position"]},
                         **thing).json()["items"]
        assert part == [each for each in whole if each["position"] < second["position"]], part
        assert 0 < len(part) < len(whole), name


def A_person_is_shown_with_what_holds_on_a_day(world, _):
    desk = world["segretariato"]
    person = api_world.register(desk, surname="Traslochi", name="Piera")["stream"]
    for street, since in (("Via Prima", "2020-01-01"), ("Via Seconda", "2024-01-01")):
        last = desk.call("recordResidence", {
            "address": {"comune": "D653", "street": street}, "valid_from": since}, 201,
            person=person).json()
    wait = after(last)
    for day, street in (("2022-06-01", "Via Prima"), ("2025-06-01", "Via Seconda")):
        shown = desk.call("showPerson", expect=200, person=person,
                          query={"valid_at": day, **wait}).json()
        assert shown["street"] == street, (day, shown.get("street"))
    before = desk.call("showPerson", expect=200, person=person,
                       query={"valid_at": "2019-06-01"}).json()
    assert "street" not in before, before


def messages_of(replay):
    place = 0
    while place < len(replay):
        segments, words = struct.unpack_from("<II", replay, place)
        assert segments == 0, "one segment a message"
        yield replay[place + 8:place + 8 + words * 8]
        place += 8 + words * 8
    assert place == len(replay)


def A_bulk_replay_is_sealed_and_is_what_the_tree_holds(world, two):
    auditor = world["auditor"]
    size = int(auditor.call("showCheckpoint", expect=200).body.split(b"\n")[1])
    first, end = 3, min(size, 256)
    answer = auditor.call("replayEvents", expect=200, query={"from": first, "to": end})
    found = list(messages_of(answer.body))
    assert len(found) == end - first, (len(found), first, end)
    width = min(size, 256)
    index = "000" if width == 256 else "000.p/%d" % width
    tile = auditor.call("showTile", expect=200, level=0, index=index).body
    for offset, message in enumerate(found):
        leaf = message[message.index(b"CRT1"):][:256]
        want = tile[32 * (first + offset):32 * (first + offset + 1)]
        assert hashlib.sha256(b"\0" + leaf).digest() == want, first + offset
    for secret in (SURNAME, NAME, IDENTIFIER, TEXT, "Traslochi"):
        assert secret.encode() not in answer.body
    half = auditor.call("replayEvents", expect=200, query={"from": first, "to": 50}).body + \
        auditor.call("replayEvents", expect=200, query={"from": 50, "to": end}).body
    assert half == answer.body
    auditor.call("replayEvents", expect=404, query={"from": 0, "to": 10 ** 9})
    auditor.call("replayEvents", expect=400, query={"from": 5, "to": 3})


def A_bulk_replay_is_for_the_auditor_of_the_ambito_and_recorded_with_whose_events_it_shows(world, _):
    mandate = world["coordinatore"].call("proposeAuditMandate", {
        "act": "Determina di prova", "auditor": WORKERS["auditor"], "cases": ["0c" * 16],
        "sections": ["note"], "from": "2026-01-01", "to": "2036-01-01"}, 201).json()
    asked = {"from": mandate["position"], "to": mandate["position"] + 1}
    refused = world["auditor altrove"].call("replayEvents", expect=403, query=asked)
    shown = world["auditor"].call("replayEvents", expect=200, query=asked)
    genesis = world["auditor"].call("replayEvents", expect=200, query={"from": 0, "to": 1})
    register = accesses(world["auditor"])

    def entries(answer):
        return [(entry["operation"], entry["outcome"]) for entry in register
                if entry["request_id"] == id_of(answer)]

    assert entries(refused) == [("DENY", "denied")], entries(refused)
    assert entries(shown) == [("REPLAY", "ok")] * 2, entries(shown)  # the ambito's and the ente's
    assert entries(genesis) == [("REPLAY", "ok")], entries(genesis)
    theirs = accesses(world["auditor altrove"])
    assert not [entry for entry in theirs if entry["operation"] == "REPLAY"], theirs
    assert [entry for entry in theirs if entry["request_id"] == id_of(refused)], theirs


def A_receipt_checks_without_the_store_and_an_altered_one_does_not(world, two):
    vkey = json.loads(world.store.run("checkpoint", "--format", "json").stdout)["vkey"]
    given = world["operatore"].call("recordNote", {"text": "Nota"}, 201, case=two.case).json()
    proof = world["operatore"].call("showReceipt", expect=200, event=given["command_id"]).body

    def check(receipt, key=vkey):
        return subprocess.run([product.BINARY, "check", "--vkey", key],
                              input=json.dumps(receipt), capture_output=True, text=True,
                              check=False).returncode

    assert check(given) == 0
    assert check({**given, "receipt": proof.decode()}) == 0
    leaf = given["leaf"]
    for changed in ({**given, "leaf": leaf[:100] + ("0" if leaf[100] != "0" else "1") + leaf[101:]},
                    {**given, "receipt": given["receipt"].replace("index ", "index 1")},
                    {**given, "receipt": given["receipt"][:-20]}, {}):
        assert check(changed) != 0, changed
    origin, short, key = vkey.split("+", 2)
    other = base64.b64decode(key)
    flipped = base64.b64encode(other[:-1] + bytes([other[-1] ^ 1])).decode()
    assert check(given, "+".join((origin, short, flipped))) != 0
    world["operatore"].call("showReceipt", expect=404, event="ab" * 16)


def prepared_note(client, signer, case, text):
    return client.call("prepareCommand", {
        "command": "record_note", "signer": signer,
        "fields": {"case_stream": case, "text": text, "worker": WORKERS["operatore"]}}, 201).json()


def An_author_signs_a_command_and_nobody_else_can(world, two):
    worker, colleague = world["operatore"], world["operatore collega"]
    owner, key = WORKERS["operatore"], api_client.SigningKey(world.folder.name)
    log_id = worker.call("showOrganisation", expect=200).json()["log_id"]
    enrolment = {"public_key": key.public.hex(), "owner": owner, "rights": ["append"],
                 "proof": key.possession(log_id, owner).hex()}
    worker.call("enrolSigner", {**enrolment, "proof": "00" * 64}, 422)
    worker.call("enrolSigner", enrolment, 201)
    signer = hashlib.sha256(b"\x01" + key.public).digest()[:16].hex()
    prepared = prepared_note(worker, signer, two.case, "Nota firmata da chi la scrive.")
    token = prepared["token"]
    messages = [base64.b64decode(event["message"]) for event in prepared["events"]]
    signatures = [key.sign(message).hex() for message in messages]
    first = signatures[0]
    flipped = first[:-1] + ("0" if first[-1] != "0" else "1")
    worker.call("commitCommand", {"token": token, "signatures": [flipped]}, 422)
    worker.call("commitCommand", {"token": token, "signatures": ["0" * 128]}, 422)
    other = prepared_note(worker, signer, two.case, "Un'altra nota.")
    worker.call("commitCommand", {"token": other["token"], "signatures": signatures}, 422)
    for place in (0, len(token) // 2, len(token) - 1):
        altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:]
        answer = worker.call("commitCommand", {"token": altered, "signatures": signatures})
        assert answer.status in (400, 422), (place, answer.status)
    answer = colleague.call("commitCommand", {"token": token, "signatures": signatures})
    assert answer.status in (403, 422), answer.status
    done = worker.call("commitCommand", {"token": token, "signatures": signatures}, 201).json()
    again = worker.call("commitCommand", {"token": token, "signatures": signatures}, 201).json()
    assert again["duplicate"] and again["position"] == done["position"]
    history = worker.call("showCaseHistory", expect=200, case=two.case,
                          query={"limit": 100, **after(done)}).json()["items"]
    mine = [entry for entry in history if entry["position"] == done["position"]]
    assert mine[0]["signed_by"] == "author" and mine[0]["signer"] == signer, mine
    worker.call("revokeSigner", {"reason": "chiave persa"}, 201, signer=signer)
    refused = worker.call("prepareCommand", {
        "command": "record_note", "signer": signer,
        "fields": {"case_stream": two.case, "text": "x", "worker": owner}})
    assert refused.status in (403, 422), refused.status


def What_a_command_wrote_is_read_with_min_position(world, two):
    desk, worker = world["segretariato"], world["operatore"]
    for number in range(20):
        written = worker.call("recordNote", {"text": "Nota %d" % number}, 201,
                              case=two.case).json()
        seen = worker.call("showNote", expect=200, case=two.case, note=written["stream"],
                           query=after(written)).json()
        assert seen["text"] == "Nota %d" % number
    card = desk.call("openCard", {
        "person": two.person, "access_date": "2026-06-13", "mode": "Di Persona", "office": OFFICE,
        "ente": ENTE, "needs": {"needs": [NEED]}}, 201).json()
    shown = desk.call("showCard", expect=200, card=card["stream"], query=after(card)).json()
    assert [need["id"] for need in shown["needs"]] == [NEED]
    desk.call("showCard", expect=503, card=card["stream"], query={"min_position": 10 ** 12})


def A_server_that_stops_lets_go_of_who_follows(world, _):
    listener = world.log_in("operatore")
    next(listener.listen("followChanges", {}))
    world.stop()  # by itself, with exit code 0
    listener.close()
    world.start()


def Who_asks_too_often_gets_429_and_others_do_not(world, _):
    hasty, calm = world["operatore collega"], world["operatore"]
    answers = [hasty.call("showCaseloadCounts") for _ in range(400)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused and {answer.status for answer in answers} == {200, 429}, len(refused)
    for answer in refused:
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["ratelimit-remaining"] == "0"
        assert answer.json()["type"].endswith(":too_many_requests")
    rest = [int(answer.headers["ratelimit-remaining"]) for answer in answers[:50]]
    assert rest == sorted(rest, reverse=True) or max(rest) - min(rest) < 50, rest
    calm.call("showCaseloadCounts", expect=200)


def main():
    api_world.EVERYBODY["auditor altrove"] = ("17" * 16, "auditor013", NEIGHBOUR)
    with World("operatore", "operatore collega", "coordinatore", "segretariato", "auditor",
               "auditor altrove",
               "operatore altrove", "segretariato altrove") as world:
        api_world.run_claims(globals(), world, Two(world))


if __name__ == "__main__":
    main()
