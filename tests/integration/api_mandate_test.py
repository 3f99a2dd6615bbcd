#!/usr/bin/env python3
"""An auditor sees the content of a case under a mandate that two people gave, in its sections, and not else."""
import api_world
from api_world import NAME, SURNAME, WORKERS, World, accesses, after, id_of

TALK, NOTE = "Quel che fu detto nel colloquio.", "Quel che fu annotato."


class Files:
    def __init__(self, world):
        worker = world["operatore"]
        self.person = api_world.register(world["segretariato"])["stream"]
        self.case, _ = api_world.open_case(world, self.person)
        self.talk = worker.call("recordInterview", {
            "text": TALK, "worker": WORKERS["operatore"], "held_at": "2026-06-12T09:30:00Z"}, 201,
            case=self.case).json()["stream"]
        self.secret = worker.call("recordInterview", {
            "text": TALK, "worker": WORKERS["operatore"], "reserved": True,
            "held_at": "2026-06-12T10:30:00Z"}, 201, case=self.case).json()["stream"]
        self.note = worker.call("recordNote", {"text": NOTE}, 201, case=self.case).json()["stream"]
        self.other, last = api_world.open_case(world, api_world.register(
            world["segretariato"], surname="Estranei", name="Olga")["stream"])
        worker.call("showCase", expect=200, case=self.other, query=after(last))


def proposal(files, **changes):
    return {"act": "Determina di prova n. 1", "auditor": WORKERS["auditor"], "cases": [files.case],
            "sections": ["colloqui"], "from": "2026-01-01", "to": "2099-12-31", **changes}


def decide(world, who, mandate, granted, expect):
    return world[who].call("decideAuditMandate", {"granted": granted}, expect, mandate=mandate)


def Without_a_mandate_an_auditor_sees_no_content(world, files):
    auditor = world["auditor"]
    for name, values in (("showCase", {"case": files.case}), ("showPerson", {"person": files.person}),
                         ("showCaseHistory", {"case": files.case}),
                         ("showInterview", {"case": files.case, "interview": files.talk})):
        answer = auditor.call(name, expect=404, **values)
        assert SURNAME not in answer.body.decode() and TALK not in answer.body.decode()


def One_person_alone_gives_no_mandate(world, files):
    mandate = world["coordinatore"].call("proposeAuditMandate", proposal(files),
                                         201).json()["command_id"]
    world["auditor"].call("showCase", expect=404, case=files.case)
    answer = decide(world, "coordinatore", mandate, True, None)
    assert answer.status in (403, 422), answer.status
    world["auditor"].call("showCase", expect=404, case=files.case)
    last = decide(world, "coordinatore bis", mandate, False, 201).json()
    world["auditor"].call("showCase", expect=404, case=files.case, query=after(last))
    listed = world["coordinatore"].call("listAuditMandates", expect=200).json()["items"]
    assert [each["state"] for each in listed if each["mandate"] == mandate] == ["refused"]


def A_mandate_of_two_people_opens_what_it_names_and_no_more(world, files):
    mandate = world["coordinatore"].call("proposeAuditMandate", proposal(files),
                                         201).json()["command_id"]
    last = decide(world, "coordinatore bis", mandate, True, 201).json()
    auditor = world["auditor"]
    shown = auditor.call("showInterview", expect=200, case=files.case, interview=files.talk,
                         query=after(last))
    assert shown.json()["text"] == TALK and shown.json()["relation"] == "audit"
    entry = [each for each in accesses(world["dpo"]) if each["request_id"] == id_of(shown)]
    assert len(entry) == 1 and entry[0]["relation"] == "audit", entry
    assert entry[0]["actor"] == WORKERS["auditor"]
    for name, values in (
            ("showNote", {"case": files.case, "note": files.note}),
            ("showInterview", {"case": files.case, "interview": files.secret}),
            ("showCase", {"case": files.other})):
        auditor.call(name, expect=404, **values)
    history = auditor.call("showCaseHistory", expect=200, case=files.case).body.decode()
    assert NOTE not in history, "a section that the mandate does not name"
    # It opens nothing for writing.
    auditor.call("recordNote", {"text": "x"}, 403, case=files.case)


def A_mandate_for_other_days_opens_nothing(world, files):
    ended = proposal(files, sections=["note"], **{"from": "2020-01-01", "to": "2020-12-31"})
    world["coordinatore"].call("proposeAuditMandate", ended, 422)
    coming = proposal(files, sections=["note"], **{"from": "2098-01-01", "to": "2098-12-31"})
    mandate = world["coordinatore"].call("proposeAuditMandate", coming, 201).json()["command_id"]
    last = decide(world, "coordinatore bis", mandate, True, 201).json()
    world["operatore"].call("showCaseload", expect=200, query=after(last))
    world["auditor"].call("showNote", expect=404, case=files.case, note=files.note)
    text = world["auditor"].call("listAuditMandates", expect=200).body.decode()
    assert SURNAME not in text and NAME not in text


def main():
    with World("operatore", "segretariato", "coordinatore", "coordinatore bis", "auditor",
               "dpo") as world:
        api_world.run_claims(globals(), world, Files(world))


if __name__ == "__main__":
    main()
