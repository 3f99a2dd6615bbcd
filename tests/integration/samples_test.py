#!/usr/bin/env python3
"""Both samples, end to end with the real binary: totals, rejects, no clear text, proofs, verify."""
import csv
import glob
import os
import subprocess
import sys

import product


def rejected_rows(path):
    with open(path, encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter=";"))


def check_rejects(expected, registry_rejects, predecessor_rejects):
    found = {(row["table"], row["id"], row["reason"]) for row in predecessor_rejects
             if row["severity"] == "rejected"}
    want = {(row["table"], str(row["id"]), row["why"]) for row in expected["rejected"]}
    assert want == found, "rejected rows differ: missing %s, extra %s" % (want - found, found - want)
    faults = {(row["file"].split("_")[2], row["id"], row["reason"]) for row in registry_rejects
              if row["severity"] == "rejected"}
    want = {(row["comune"], row["matricola"], row["fault"]) for row in expected["registry_faults"]}
    assert want == faults, "registry faults differ: missing %s, extra %s" % (
        want - faults, faults - want)


def personal_strings(registry, predecessor):
    """Names of at least six letters, identifiers and phone numbers of everybody in the sample."""
    strings = set()
    for path in registry:
        if "ANA_PER_" not in path:
            continue
        with open(path, encoding="iso-8859-1") as source:
            for line in source:
                strings.update(part.strip() for part in line[1:101].split("/"))
                strings.add(line[101:117].strip())
    for table, columns in (("SS_ANAGRAFICA", ("COGNOME", "NOME", "CF", "ALIAS")),
                           ("CS_A_ANAGRAFICA", ("COGNOME", "NOME", "CF", "TEL", "CELL", "EMAIL")),
                           ("SS_SCHEDA_SEGNALATO", ("TELEFONO", "CEL", "EMAIL")),
                           ("CS_D_COLLOQUIO", ("TESTO_DIARIO",))):
        with open(os.path.join(predecessor, table + ".csv"), encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source, delimiter=";"):
                strings.update((row.get(column) or "").strip() for column in columns)
    return sorted(s for s in strings if len(s) >= 6)


def files_with(folder, strings):
    """Files below `folder` that hold one of the strings, in any of the usual encodings."""
    patterns = os.path.join(os.path.dirname(folder), "patterns")
    with open(patterns, "wb") as out:
        for text in strings:
            for encoded in {text.encode("utf-8"), text.encode("iso-8859-1", "ignore")}:
                if len(encoded) >= 6:
                    out.write(encoded + b"\n")
    found = subprocess.run(["grep", "-rlaiF", "-f", patterns, folder], capture_output=True,
                           text=True, check=False, env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    assert found.returncode in (0, 1), found.stderr
    # UTF-16 is searched apart, since grep reads lines.
    wide = [s.encode("utf-16-le") for s in strings[:: max(1, len(strings) // 25)]]
    hits = set(found.stdout.split())
    for path in glob.glob(os.path.join(folder, "**"), recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as source:
                content = source.read()
            if any(text in content for text in wide):
                hits.add(path)
    return hits


def check_no_clear_text(store, registry, predecessor):
    strings = personal_strings(registry, predecessor)
    assert len(strings) > 500
    hits = files_with(store.data, strings)
    assert not hits, "personal data in clear in %s" % sorted(hits)
    planted = os.path.join(store.data, "planted")
    with open(planted, "wb") as out:
        out.write(b"\x00\x01" + strings[len(strings) // 2].encode("utf-8") + b"\xff")
    assert files_with(store.data, strings) == {planted}, "the search does not find what is planted"
    os.remove(planted)


def check_predecessor_first(name):
    """Without a registry at first the totals are the same, and a repetition changes nothing."""
    expected, registry, predecessor = product.sample(name)
    with product.temporary() as root:
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        for _ in range(2):
            store.run("import", "predecessor", predecessor)
            product.compare(expected, product.totals(store))
            store.run("import", "registry", *registry)
            product.compare(expected, product.totals(store))
        store.run("verify")


def main(name):
    product.need_shared()
    check_predecessor_first(name)
    expected, registry, predecessor = product.sample(name)
    with product.temporary() as root:
        os.environ["TMPDIR"] = os.path.join(root, "data")
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        registry_rejects = os.path.join(root, "registry.csv")
        store.run("import", "registry", *registry, "--rejects", registry_rejects)
        predecessor_rejects = os.path.join(root, "predecessor.csv")
        store.run("import", "predecessor", predecessor, "--rejects", predecessor_rejects)
        check_rejects(expected, rejected_rows(registry_rejects), rejected_rows(predecessor_rejects))
        product.compare(expected, product.totals(store))
        before = store.run("stats", "--format", "json").stdout
        assert '"events"' in before
        store.run("import", "predecessor", predecessor)
        product.compare(expected, product.totals(store))
        store.run("verify")
        store.run("verify", "--tree-only")
        store.run("rebuild")
        product.compare(expected, product.totals(store))
        check_no_clear_text(store, registry, predecessor)
    print("sample", name, "reaches every total")


if __name__ == "__main__":
    for sample in sys.argv[1:] or ("zona7", "ambito28"):
        main(sample)
