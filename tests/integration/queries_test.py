#!/usr/bin/env python3
"""What a social worker asks the command line about a loaded ambito, with the real binary."""
import json
import os

import product


def ask(store, *words, question=None, expect=0):
    if words[0] == "report":
        words += ("--all-cells",)  # sums are compared to the last one
    stdin = "" if question is None else question + "\n"
    done = store.run(*words, "--format", "json", stdin=stdin, expect=expect)
    return json.loads(done.stdout) if done.stdout else {}


def fields(table):
    return {row["field"]: row["value"] for row in table}


def check_reports_by_every_dimension(store, expected):
    total = sum(expected["accesses_by_comune"].values())
    for report, dimensions in (
            ("accesses", ("comune", "zone", "office", "month")),
            ("needs", ("zone", "office", "month")), ("services", ("comune", "office", "month")),
            ("people", ("zone", "comune", "office", "month")),
            ("cases", ("state", "category", "sector", "age_band", "sex")),
            ("interviews", ("sector", "month")), ("deliveries", ("prestazione", "month"))):
        for dimension in dimensions:
            rows = ask(store, "report", report, "--group-by", dimension)[report]
            assert rows, (report, dimension)
            if report == "accesses":
                assert sum(row["value"] for row in rows) == total, dimension
    pairs = ask(store, "report", "accesses", "--group-by", "comune,month")["accesses"]
    assert sum(row["value"] for row in pairs) == total
    assert len(pairs) > len(expected["accesses_by_comune"])
    comune, count = max(expected["accesses_by_comune"].items(), key=lambda each: each[1])
    only = ask(store, "report", "accesses", "--comune", comune)
    assert only["accesses_total"][0]["value"] == count
    month, count = max(expected["accesses_by_month"].items(), key=lambda each: each[1])
    only = ask(store, "report", "accesses", "--since", month + "-01", "--until", month + "-28")
    assert 0 < only["accesses_total"][0]["value"] <= count
    for words in (("--group-by", "sex"), ("--sector", "0" * 32), ("--since", "01/02/2025"),
                  ("--since", "2025-02-01", "--until", "2025-01-01")):
        store.run("report", "accesses", *words, expect=2)


def check_register_and_cards(store, expected):
    total = sum(expected["accesses_by_comune"].values())
    cards = ask(store, "register", "--rows", "100000")["register"]
    assert len(cards) == total, len(cards)
    assert set(cards[0]) == {"number", "date", "office", "mode", "anonymous", "closed", "stream"}, \
        "a list shows the minimum"
    offices = {row["name"]: row["id"] for row in ask(store, "organisation")["offices"]}
    by_office = sum(len(ask(store, "register", "--office", office, "--rows", "100000",
                            expect=None).get("register", [])) for office in offices.values())
    assert by_office == total, "every card stands under one office"
    card = ask(store, "card", question="flusso " + cards[0]["stream"])
    assert fields(card["card"])["Data di accesso"] == cards[0]["date"]
    store.run("register", "--office", "0" * 32, expect=3)


def check_case_file_as_of(store):
    counts = ask(store, "caseload", "--counts")["caseload"]
    assert sum(row["cases"] for row in counts) == \
        ask(store, "report", "cases")["cases_total"][0]["value"]
    sector = max(counts, key=lambda row: row["cases"])["sector_id"]
    entries = ask(store, "caseload", question="settore " + sector)["caseload"]
    assert len(entries) == sum(row["cases"] for row in counts if row["sector_id"] == sector)
    moved = 0
    for entry in entries:
        question = "flusso " + entry["stream"]
        now = ask(store, "case", question=question)
        assert fields(now["case"])["Stato"] == entry["state"]
        steps = now["steps"]
        if len(steps) < 2 or moved > 3:
            continue
        moved += 1
        # Just before the last step the case stood where that step starts from.
        last = steps[-1]
        then = ask(store, "case", "--as-of", str(last["position"]), question=question)
        assert fields(then["case"])["Stato"] == last["from"], (then["case"], last)
        assert then["steps"] == steps[:-1]
    assert moved > 0
    opened = ask(store, "case", question="flusso " + entries[0]["stream"])["steps"][0]["position"]
    store.run("case", "--as-of", str(opened), stdin="flusso " + entries[0]["stream"] + "\n",
              expect=3)
    store.run("case", "--as-of", "ieri", stdin="flusso " + entries[0]["stream"] + "\n", expect=2)
    store.run("case", stdin="caso 99999999\n", expect=3)
    store.run("case", stdin="caso " + "9" * 600 + "\n", expect=2)


def check_person(store, predecessor):
    with open(os.path.join(predecessor, "SS_ANAGRAFICA.csv"), encoding="utf-8") as source:
        header = source.readline().strip().split(";")
        rows = [dict(zip(header, line.rstrip("\n").split(";"))) for line in source]
    known = next(row for row in rows if len(row["CF"]) == 16 and
                 store.run("person", stdin="cf " + row["CF"] + "\n", expect=None).returncode == 0)
    found = ask(store, "person", "--details", question="cf " + known["CF"])
    assert fields(found["person"])["Cognome"].upper() == known["COGNOME"].upper()
    assert any(row["value"] == known["CF"] for row in found["identifiers"])
    listed = ask(store, "person", question="cf " + known["CF"])["people"]
    assert set(listed[0]) == {"surname", "name", "birth_date", "comune", "stream"}
    assert len(listed[0]["birth_date"]) == 4, "a list shows the year of birth only"
    refused = store.run("person", "cf", known["CF"], expect=2)
    assert known["CF"] not in refused.stderr


def check_organisation(store):
    found = ask(store, "organisation")
    for table in ("zones", "enti", "offices", "sectors", "operators", "needs", "categories"):
        assert found[table], table
    assert any(row["role_group"] for row in found["operators"])


def check_published_reports(store, expected):
    total = sum(expected["accesses_by_comune"].values())
    store.run("report", "accesses", "--group-by", "comune,month", "--publish")
    listed = ask(store, "published")["published"]
    assert [row["name"] for row in listed] == ["accesses"], listed
    assert listed[0]["rules"] == 2 and listed[0]["position"] > total, listed
    again = ask(store, "published", listed[0]["stream"])
    assert again["differences"] == [], again["differences"]
    summary = {row["name"]: row["value"] for row in again["summary"]}
    assert summary["cifre pubblicate"] > len(expected["accesses_by_comune"])
    assert summary["persone o elementi cancellati da allora"] == 0
    store.run("published", "0" * 32, expect=3)
    store.run("published", "ieri", expect=2)


def check_reports_as_of(store, expected):
    now = ask(store, "report", "accesses")
    end = ask(store, "published")["published"][0]["position"]
    assert ask(store, "report", "accesses", "--as-of", str(end)) == now
    # Halfway through the log there were fewer accesses, and none at its beginning.
    half = ask(store, "report", "accesses", "--as-of", str(end // 2))
    assert 0 <= half["accesses_total"][0]["value"] < now["accesses_total"][0]["value"]
    first = ask(store, "report", "accesses", "--as-of", "1")
    assert first["accesses_total"][0]["value"] == 0
    store.run("report", "accesses", "--as-of", str(10 ** 12), expect=2)
    assert not os.path.exists(os.path.join(store.data, "past")), "views of the past are thrown away"


def main():
    product.need_shared()
    expected, registry, predecessor = product.sample("zona7")
    with product.temporary() as root:
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        store.run("import", "registry", *registry)
        store.run("import", "predecessor", predecessor)
        check_reports_by_every_dimension(store, expected)
        check_register_and_cards(store, expected)
        check_case_file_as_of(store)
        check_person(store, predecessor)
        check_organisation(store)
        check_published_reports(store, expected)
        check_reports_as_of(store, expected)
        store.run("verify")
    print("every view answers on the command line")


if __name__ == "__main__":
    main()
