"""A walk that uses every operation of the interface once as it is meant, by people of every role."""
import base64
import hashlib
import json
import os
import time

import api_client
from api_client import ENTE, NEED, OFFICE, PEOPLE, SECTOR, SERVICE, ZONE


def after(receipt):
    """The query that waits for what a command wrote."""
    return {"min_position": receipt["position"] + receipt["event_count"] - 1}


def walk_service(clients):
    anybody = clients["operatore"]
    for name in ("showStatus", "showDocument", "showDocumentation", "showDocumentationStyle",
                 "showCheckpoint"):
        anybody.call(name, expect=200)
    # A build without npm has no such page, and says so.
    page = anybody.call("showVerifier")
    assert page.status == 200 or (page.status == 404 and os.environ.get("CI") != "true"), page
    assert b"cartella" in clients["amministratore_sistema"].call("showMetrics", expect=200).body


def walk_people(clients):
    desk = clients["segretariato"]
    person = desk.call("registerPerson", {
        "identifiers": [{"kind": "cf", "value": "PRVFTZ59A41D653B", "verified": True}],
        "identity": {"surname": "Provetta", "name": "Fittizia", "sex": "F",
                     "birth_date": "1959-01-01", "birth_place": "D653"}}, 201).json()["stream"]
    other = desk.call("registerPerson", {
        "identity": {"surname": "Finzione", "name": "Provino", "sex": "M",
                     "birth_date": "1990-05-05"}}, 201).json()["stream"]
    again = desk.call("registerPerson", {
        "identifiers": [{"kind": "cf", "value": "PRVFTZ59A41D653B"}],
        "identity": {"surname": "Provetta", "name": "Fittizia"}}, 200).json()
    assert again["stream"] == person and again["existing"]
    for name, body in (
            ("addIdentifier", {"identifier": {"kind": "stp", "value": "STP1234567890123"}}),
            ("recordIdentity", {"identity": {"surname": "Provetta", "name": "Fittizia Maria",
                                             "sex": "F", "birth_date": "1959-01-01"}}),
            ("recordResidence", {"address": {"comune": "D653", "street": "Via delle Prove"}}),
            ("recordHousehold", {"household_number": "1204"}),
            ("recordKinship", {"role": "madre", "other": other}),
            ("recordContact", {"mobile": "000 0000000", "holder": "figlia"})):
        desk.call(name, body, 201, person=person)
    receipt = desk.call("recordDeath", {"death_date": "2026-05-30"}, 201, person=other).json()
    seen = desk.call("showPerson", expect=200, person=person,
                     query=after(receipt))
    assert seen.json()["name"] == "Fittizia Maria"
    stale = desk.call("recordContact", {"phone": "1"}, 412, person=person,
                      headers={"If-Match": '"AAAA"'})
    assert stale.headers["etag"] == seen.headers["etag"]
    desk.call("recordContact", {"phone": "1"}, 201, person=person,
              headers={"If-Match": stale.headers["etag"]})
    found = desk.call("searchPeople", {"identifier": "PRVFTZ59A41D653B"}, 200).json()
    assert [each["person"] for each in found["items"]] == [person], found["count"]
    found = desk.call("searchPeople", {"surname": "Provetta", "name": "Fittizia",
                                       "birth_year": 1959}, 200).json()
    assert found["count"] == 1
    return person, other


def walk_refusals(clients, person):
    """What stands around a command is refused where it is wrong, and never dropped in silence."""
    desk = clients["segretariato"]
    target = "/v1/people/%s/contacts" % person
    for wrong in ({"valid_from": "1999-02-30"}, {"valid_from": ""}, {"valid_to": 1},
                  {"occurred_at": ""}, {"occurred_at": "ieri"}, {"purpose": 1},
                  {"purpose": "x" * 300}, {"legal_basis": []}, {"person": person}):
        headers = {"Content-Type": "application/json", "Idempotency-Key": api_client.uuid7()}
        answer = desk.raw("POST", target, headers, json.dumps({"phone": "1", **wrong}).encode())
        assert answer.status == 422, (wrong, answer.status)


def walk_cards(clients, person):
    desk = clients["segretariato"]
    card = desk.call("openCard", {
        "person": person, "number": 101, "access_date": "2026-06-12", "mode": "Di Persona",
        "office": OFFICE, "worker": PEOPLE["segretariato"][0], "informed": True}, 201
    ).json()["stream"]
    for name, body in (("recordReporter", {"reporter": {"relation": "vicino di casa"}}),
                       ("recordNeeds", {"needs": {"needs": [NEED]}}),
                       ("requestServices", {"services": {"services": [SERVICE]}}),
                       ("closeCard", {"closing": {"card_type": "Segretariato sociale",
                                                  "complete": True}})):
        last = desk.call(name, body, 201, card=card).json()
    wait = after(last)
    assert desk.call("showCard", expect=200, card=card, query=wait).json()["closed"]
    listed = desk.call("listCards", expect=200, query={"office": OFFICE, "limit": 10}).json()
    assert [each["card"] for each in listed["items"]] == [card]
    return card


def walk_cases(clients, person, card):
    worker, desk = clients["operatore"], clients["segretariato"]
    me = PEOPLE["operatore"][0]
    chief = clients["coordinatore"]
    # The front office opens the case from its card, with the sector that will hold it.
    case = desk.call("openCase", {"person": person, "card": card, "number": 12,
                                  "sector": SECTOR}, 201).json()["stream"]
    desk.call("linkCardToCase", {"case_stream": case, "state": "CREATA"}, 201, card=card)
    worker.call("setCategory", {"category": "1", "prevalent": True}, 201, case=case)
    worker.call("changeCaseState", {"state": "preso_in_carico", "worker": me, "sector": SECTOR},
                201, case=case)
    chief.call("assignOperator", {"worker": me, "sector": SECTOR, "responsible": True}, 201,
               case=case)
    chief.call("shareCase", {"unit": OFFICE, "sections": ["colloqui"], "reason": "équipe"}, 201,
               case=case)
    talk = worker.call("recordInterview", {
        "text": "Colloquio di prova.", "with_whom": "la persona", "worker": me,
        "held_at": "2026-06-12T09:30:00Z", "sector": SECTOR}, 201, case=case).json()["stream"]
    last = worker.call("recordNote", {"text": "Nota di prova.", "worker": me}, 201,
                       case=case).json()
    note = last["stream"]
    wait = after(last)
    seen = worker.call("showCase", expect=200, case=case, query=wait).json()
    assert seen["state"] == "preso_in_carico" and len(seen["items"]) >= 2
    assert worker.call("showInterview", expect=200, case=case,
                       interview=talk).json()["text"] == "Colloquio di prova."
    assert worker.call("showNote", expect=200, case=case, note=note).json()["text"]
    opened = seen["steps"][0]["position"]
    before = worker.call("showCase", expect=200, case=case,
                         query={"as_of": opened + 1}).json()
    assert before["state"] == "aperto"
    worker.call("showCaseTimeline", expect=200, case=case)
    history = worker.call("showCaseHistory", expect=200, case=case).json()
    assert history["items"]
    compared = worker.call("compareCase", expect=200, case=case,
                           query={"from": opened + 1, "to": last["tree_size"]}).json()
    assert compared["changes"]
    assert worker.call("showCaseload", expect=200).json()["items"]
    assert worker.call("showCaseloadCounts", expect=200).json()["items"]
    return case, talk, note, last


def walk_benefits(clients, person, case):
    worker = clients["operatore"]
    benefit = worker.call("grantBenefit", {
        "person": person, "case_stream": case, "paying_ente": ENTE, "protocol": "2024/1",
        "inps_code": "A1.04", "dsu_number": "INPS-ISEE-2024-1", "dsu_year": 2024,
        "dsu_date": "2024-01-20", "period_from": "2024-01-01", "period_to": "2024-12-31"}, 201
    ).json()["stream"]
    worker.call("recordDelivery", {"delivered_on": "2024-02-01", "amount_cents": 15000,
                                   "ente_cents": 12000, "user_cents": 3000}, 201, benefit=benefit)
    last = worker.call("closeBenefit", {"closed_on": "2024-12-31", "reason": "fine"}, 201,
                       benefit=benefit).json()
    seen = worker.call("showBenefit", expect=200, benefit=benefit,
                       query=after(last)).json()
    assert seen["delivered_cents"] == 15000 and seen["closed"]
    return benefit


def walk_person_views(clients, person):
    worker = clients["operatore"]
    for name in ("showPersonTimeline", "listPersonCases", "listPersonCards", "listPersonBenefits",
                 "showPersonHistory"):
        assert worker.call(name, expect=200, person=person).json()["items"], name
    seen = clients["addetto_diritti"].call("listPersonAccesses", expect=200, person=person).json()
    assert seen["items"]
    pages = 0
    query = {"limit": 2}
    while True:
        page = worker.call("showPersonTimeline", expect=200, person=person, query=query).json()
        pages += 1
        if "next_cursor" not in page:
            break
        query = {"limit": 2, "cursor": page["next_cursor"]}
    assert pages > 3


def walk_organisation(clients):
    manager = clients["referente_applicativo"]
    manager.call("showOrganisation", expect=200)
    assert manager.call("listCodeLists", expect=200).json()["items"]
    name = manager.call("listCodeLists").json()["items"][0]["list"]
    assert manager.call("showCodeList", expect=200, list=name).json()["items"]
    for name, body in (
            ("defineZone", {"zone": "21" * 16, "name": "Zona 8", "code": "8"}),
            ("defineEnte", {"ente": "e2" * 16, "name": "Comune di Altrove", "zone": ZONE}),
            ("defineOffice", {"office": "0e" * 16, "name": "Sportello", "ente": ENTE}),
            ("defineSector", {"sector": "5d" * 16, "name": "Minori", "ente": ENTE}),
            ("defineOperator", {"worker": "09" * 16, "username": "operatore009"}),
            ("assignOperatorToSector", {"worker": "09" * 16, "sector": SECTOR}),
            ("defineNeed", {"need": "b3" * 16, "label": "Altro bisogno"}),
            ("defineService", {"service": "b4" * 16, "label": "Altro servizio"}),
            ("defineCategory", {"category": "2", "label": "Anziani"}),
            ("setConfiguration", {"key": "interfaccia/titolo", "value": "Prova"}),
            ("grantRole", {"worker": "09" * 16, "role": "segretariato", "unit": OFFICE,
                           "act": "Determina di prova n. 1"}),
            ("revokeRole", {"worker": "09" * 16, "role": "segretariato", "unit": OFFICE,
                            "reason": "fine incarico"})):
        manager.call(name, body, 201)


def walk_audit(clients, case):
    proposer, decider = clients["coordinatore"], clients["coordinatore bis"]
    proposed = proposer.call("proposeAuditMandate", {
        "act": "Determina di prova n. 3", "auditor": PEOPLE["auditor"][0], "cases": [case],
        "sections": ["colloqui", "interventi"], "from": "2026-01-01", "to": "2099-12-31"}, 201
    ).json()
    last = decider.call("decideAuditMandate", {"granted": True}, 201,
                        mandate=proposed["command_id"]).json()
    listed = clients["auditor"].call("listAuditMandates", expect=200,
                                     query=after(last)).json()
    assert listed["items"][0]["state"] == "granted"
    seen = clients["auditor"].call("listAccesses", expect=200, query={"limit": 20}).json()
    assert seen["items"]
    assert clients["dpo"].call("listAccesses", expect=200).json()["items"]


def walk_reports(clients):
    worker, coordinator = clients["operatore"], clients["coordinatore"]
    table = worker.call("makeReport", {"name": "accesses"}, 200).json()
    cells = [row for section in table["sections"] for row in section["rows"]]
    assert any(row["suppressed"] for row in cells), "one access is below five"
    assert all((row["value"] is None) == row["suppressed"] for row in cells)
    assert not any(0 < (row["value"] or 0) < 5 for row in cells)
    assert coordinator.call("exportReport", {"name": "accesses"}, 200).body


def tree_of(note):
    """Size and root that a checkpoint says."""
    lines = note.decode().splitlines()
    return int(lines[1]), base64.b64decode(lines[2])


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def contains(newer, older, proof):
    """Whether the newer tree contains the older one, which is smaller and not empty (RFC 9162, 2.1.4.2)."""
    (new_size, new_root), (old_size, old_root) = newer, older
    if old_size & (old_size - 1) == 0:
        proof = [old_root, *proof]
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    new_hash = old_hash = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            new_hash, old_hash = node_hash(sibling, new_hash), node_hash(sibling, old_hash)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new_hash = node_hash(new_hash, sibling)
        node, last = node >> 1, last >> 1
    return (last, new_hash, old_hash) == (0, new_root, old_root)


def walk_consistency(anybody, older):
    """The tree of the checkpoint of now contains that of an older one."""
    newer = tree_of(anybody.call("showCheckpoint", expect=200).body)
    sizes = {"old_size": older[0], "new_size": newer[0]}
    assert 0 < older[0] < newer[0], sizes
    answer = anybody.call("proveConsistency", expect=200, query=sizes)
    proof = [base64.b64decode(line) for line in answer.body.splitlines()]
    assert contains(newer, older, proof), sizes
    assert not contains(newer, older, [*proof[:-1], bytes(32)]), sizes
    assert int(answer.headers["tree-size"]) == newer[0]
    answer = anybody.call("proveConsistency", expect=200, query={"old_size": older[0]})
    assert int(answer.headers["tree-size"]) >= newer[0]
    anybody.call("proveConsistency", expect=400, query={"old_size": 2, "new_size": 1})
    anybody.call("proveConsistency", expect=404, query={"old_size": 1, "new_size": 2 ** 53 - 1})


def walk_log(clients, receipt, older):
    auditor, anybody = clients["auditor"], clients["operatore"]
    size = receipt["tree_size"]
    assert auditor.call("showTile", expect=200, level=0,
                        index="000.p/%d" % min(size, 255)).body
    assert auditor.call("showEntries", expect=200, index="000.p/%d" % min(size, 255)).body
    walk_consistency(anybody, older)
    assert auditor.call("replayEvents", expect=200, query={"from": 0, "to": 3}).body
    proof = anybody.call("showReceipt", expect=200, event=receipt["command_id"]).body
    assert proof.startswith(b"c2sp.org/tlog-proof@v1\n")


def walk_changes(clients, person):
    """The stream tells of an event that is appended while it is listened to."""
    desk, worker = clients["segretariato"], clients["operatore"]
    listener = api_client.Client(worker.server, worker.contract, worker.bearer)
    since = desk.call("recordContact", {"phone": "2"}, 201, person=person).json()["position"]
    lines = listener.listen("followChanges", {"Last-Event-ID": str(since - 1)})
    for line in lines:
        if line.startswith(b"id: "):
            assert int(line[4:]) >= since
            break
    worker.counts["followChanges", 200] = 1
    listener.close()


def walk_signing(running, case):
    """A note that its author signs: the message is signed with a key that never leaves the author."""
    worker = running.clients["operatore"]
    key = api_client.SigningKey(running.folder.name)
    owner = PEOPLE["operatore"][0]
    log_id = worker.call("showOrganisation", expect=200).json()["log_id"]
    worker.step_up()
    enrolled = worker.call("enrolSigner", {
        "public_key": key.public.hex(), "owner": owner, "rights": ["append"],
        "proof": key.possession(log_id, owner).hex()}, 201).json()
    signer = hashlib.sha256(b"\x01" + key.public).digest()[:16].hex()
    prepared = worker.call("prepareCommand", {
        "command": "record_note", "signer": signer,
        "fields": {"case_stream": case, "text": "Nota firmata.", "worker": owner}}, 201).json()
    assert prepared["log_id"] == log_id
    messages = [base64.b64decode(each["message"]) for each in prepared["events"]]
    assert all(each["commitment"] in message.hex()
               for each, message in zip(prepared["events"], messages))
    commit = {"token": prepared["token"], "signatures": [key.sign(each).hex() for each in messages]}
    worker.call("commitCommand", {**commit, "signatures": ["0" * 128] * len(messages)}, 422)
    worker.call("commitCommand", commit, 201)
    worker.call("revokeSigner", {"reason": "chiave di prova"}, 201, signer=signer)
    return enrolled


def walk_rights(clients, person):
    officer = clients["addetto_diritti"]
    opened = officer.call("openRightsRequest", {
        "person": person, "kind": "gdpr15", "received_on": "2026-06-12"}, 201).json()
    request = opened["stream"]
    seen = officer.call("showRightsRequest", expect=200, request=request,
                        query=after(opened)).json()
    assert seen["kind"] == "gdpr15"
    officer.call("recordDisclosure", {
        "recipient": "Tribunale di prova", "legal_basis": "richiesta del giudice", "items": [person],
        "digest": "ab" * 32, "transmitted_at": "2026-06-13T08:00:00Z"}, 201, person=person)
    officer.call("recordRelease", {
        "recipient": "L'interessata", "purpose": "accesso dell'interessato", "sha256": "cd" * 32,
        "items": [request]}, 201, person=person)
    officer.step_up()
    package = officer.call("downloadPackage", expect=200, request=request)
    assert package.body.startswith(b"PK")


def walk_erasure(running):
    """A person of their own, gone when the server says so, in its log too: with the end of all lawful copies."""
    clients = running.clients
    desk, officer, dpo = (clients[each] for each in ("segretariato", "addetto_diritti", "dpo"))
    person = desk.call("registerPerson", {
        "identity": {"surname": "Dadimenticare", "name": "Prova", "sex": "M",
                     "birth_date": "1990-05-05"}}, 201).json()["stream"]
    proposed = officer.call("proposeErasure", {
        "scope": "person", "target": person, "basis": "termine trascorso"}, 201).json()
    dpo.step_up()
    dpo.call("decideErasure", {"outcome": "erase"}, 201, erasure=proposed["command_id"])
    officer.call("showPerson", expect=404, person=person)
    for _ in range(300):
        listed = dpo.call("listErasures", expect=200).json()["items"]
        if listed[-1]["state"] == "completed":
            break
        time.sleep(0.1)
    assert listed[-1]["state"] == "completed", listed
    for _ in range(300):
        told = [json.loads(line) for line in running.server.said().splitlines() if "erasure_completed" in line]
        if told:
            break
        time.sleep(0.1)
    assert told[0]["proposal"] == proposed["command_id"] and told[0]["final_at_us"] > 0, told


def listed(client, name):
    return [each["event"] for each in client.call(name, expect=200).json()["items"]]


def walk_keeping(clients):
    """A hold and a restriction of somebody, placed and lifted; a term for a category."""
    desk, officer, dpo, manager = (clients[each] for each in (
        "segretariato", "addetto_diritti", "dpo", "referente_applicativo"))
    person = desk.call("registerPerson", {
        "identity": {"surname": "Daconservare", "name": "Prova", "sex": "F",
                     "birth_date": "1991-05-05"}}, 201).json()["stream"]
    act = {"act": "decreto 12/2026"}
    hold = officer.call("placeLegalHold", {**act, "authority": "Tribunale di prova",
                                           "until": "2099-12-31"}, 201, person=person).json()
    assert listed(officer, "listLegalHolds") == [hold["command_id"]]
    dpo.call("liftLegalHold", act, 201, hold=hold["command_id"])
    assert listed(dpo, "listLegalHolds") == []
    placed = officer.call("restrictProcessing", {"ground": "esattezza contestata"}, 201,
                          person=person).json()
    desk.call("showPerson", expect=404, person=person, query=after(placed))
    assert listed(dpo, "listRestrictions") == [placed["command_id"]]
    lifted = officer.call("liftRestriction", {"notice": "lettera del 10/06/2026", "reason": "dati verificati"},
                          201, restriction=placed["command_id"]).json()
    desk.call("showPerson", expect=200, person=person, query=after(lifted))
    officer.call("liftRestriction", {"notice": "lettera", "reason": "di nuovo"}, 422,
                 restriction=placed["command_id"])
    rule = {"category": "staff", "months": 120, "act": "piano di conservazione, delibera 12/2026"}
    manager.call("setRetentionRule", rule, 201)
    assert manager.call("listRetentionRules", expect=200).json()["items"] == [rule]


def walk_sessions(running):
    """Sessions and tokens; by people of their own clients, whose sessions end here."""
    clients = running.clients
    system = clients["amministratore_sistema"]
    system.call("listSessions", expect=200)
    system.step_up()
    made = system.call("createToken", {"label": "metriche", "role": "amministratore_sistema"},
                       201).json()
    machine = api_client.Client(running.server, running.contract, made["bearer"])
    machine.call("showMetrics", expect=200)
    assert system.call("listTokens", expect=200).json()["items"]
    system.call("revokeToken", expect=204, token=made["token"])
    machine.call("showMetrics", expect=401)
    machine.close()


def walk_browser(running):
    """A browser has a cookie, and writes only with the session's token and from this site."""
    browser = api_client.Client(running.server, running.contract)
    account = running.accounts["segretariato"]
    opened = browser.call("openSession", {
        "username": account.username, "password": api_client.PASSWORD,
        "totp": account.authenticator.code()}, 201)
    cookie = opened.headers["set-cookie"].split(";")[0]
    attributes = opened.headers["set-cookie"].split("; ")[1:]
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes), attributes
    assert "bearer" not in opened.json()
    token = {"Cookie": cookie, "CSRF-Token": opened.json()["csrf_token"]}
    assert browser.call("showSession", expect=200, headers={"Cookie": cookie}).json()["current"]
    search = {"identifier": "PRVFTZ59A41D653B"}
    browser.call("searchPeople", search, 403, headers={"Cookie": cookie})
    browser.call("searchPeople", search, 403, headers={**token, "Origin": "https://example.org"})
    browser.call("searchPeople", search, 200, headers=token)
    browser.call("closeSession", expect=204, headers=token)
    browser.call("showSession", expect=401, headers={"Cookie": cookie})
    browser.close()


def walk_endings(running):
    """What ends sessions: another one of oneself, leaving, and a changed password."""
    dpo, auditor = running.clients["dpo"], running.clients["auditor"]
    second = api_client.Client(running.server, running.contract)
    session = second.log_in(running.accounts["dpo"])
    assert session["session"] != dpo.call("showSession").json()["session"]
    assert len(dpo.call("listSessions", expect=200).json()["items"]) == 2
    dpo.call("revokeSession", expect=204, session=session["session"])
    second.call("showSession", expect=401)
    other = api_client.Client(running.server, running.contract)
    other.log_in(running.accounts["coordinatore bis"])
    other.call("closeSession", expect=204)
    other.call("showSession", expect=401)
    other.log_in(running.accounts["coordinatore"])
    auditor.call("changePassword", {
        "old_password": api_client.PASSWORD, "new_password": "un'altra frase per le prove",
        "totp": running.accounts["auditor"].authenticator.code()}, 204)
    auditor.call("showSession", expect=200)
    other.call("closeSession", expect=204)
    for each in (second, other):
        each.close()
        dpo.counts.update(each.counts)


def walk(running):
    """Uses everything; answers the ids that exist afterwards."""
    clients = running.clients
    started = time.monotonic()
    older = tree_of(clients["operatore"].call("showCheckpoint", expect=200).body)
    walk_service(clients)
    person, other = walk_people(clients)
    walk_refusals(clients, person)
    card = walk_cards(clients, person)
    case, talk, note, receipt = walk_cases(clients, person, card)
    benefit = walk_benefits(clients, person, case)
    walk_person_views(clients, person)
    walk_organisation(clients)
    walk_audit(clients, case)
    walk_reports(clients)
    walk_log(clients, receipt, older)
    walk_changes(clients, person)
    walk_signing(running, case)
    walk_rights(clients, person)
    walk_erasure(running)
    walk_keeping(clients)
    walk_sessions(running)
    walk_browser(running)
    walk_endings(running)
    print("walk: %.1f s" % (time.monotonic() - started), flush=True)
    return {person, other, card, case, talk, note, benefit, ENTE, SECTOR, OFFICE, NEED, SERVICE,
            *(each[0] for each in PEOPLE.values())}
