#!/usr/bin/env python3
"""`cartella dsar` over a loaded ambito: the package of one person, with the real binary."""
import csv
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import zipfile

import product

MARK = "BOZZA – NON RILASCIABILE"
SECTIONS = ["copertina", "conferma", "finalita", "categorie", "destinatari", "conservazione",
            "diritti", "reclamo", "fonti", "decisioni", "dati", "accessi", "richieste",
            "omissioni", "codici", "manifesto"]


def table(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as source:
        return list(csv.DictReader(source, delimiter=";"))


def dsar(store, cf, comune, out, expect=0, kind="gdpr15", extra=()):
    done = store.run("dsar", "--kind", kind, "--comune", comune, "--out", out, *extra, "--format",
                     "json", stdin="cf " + cf + "\n", expect=expect)
    if expect != 0:
        return done
    return {row["name"]: row["value"] for row in json.loads(done.stdout)["dsar"]}


def somebody(store, predecessor):
    """A person with a long history, and the comuni that may know them."""
    comuni = sorted({row["COD_CATASTALE"] for row in table(predecessor, "CS_O_ORGANIZZAZIONE.csv")})
    best, longest = None, 0
    for row in table(predecessor, "SS_ANAGRAFICA.csv"):
        if len(row["CF"]) != 16 or longest > 20:
            continue
        done = store.run("replay", "--format", "json", stdin="cf " + row["CF"] + "\n", expect=None)
        count = len(json.loads(done.stdout)["history"]) if done.returncode == 0 else 0
        if count > longest:
            best, longest = row["CF"], count
    return best, comuni


def texts(package):
    """Every text of the package; the PDF's too."""
    found = {}
    for name in package.namelist():
        content = package.read(name)
        if name.endswith(".pdf"):
            done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, check=True,
                                  capture_output=True)
            pages = done.stdout.decode("utf-8").split("\f")[:-1]
            assert len(pages) > 3
            for page in pages:
                assert MARK in page, "a page without the mark"
            found[name] = "\n".join(pages)
        else:
            found[name] = content.decode("utf-8")
    return found


def check_layout(package, found):
    names = package.namelist()
    for number, code in enumerate(SECTIONS, 1):
        base = "data/%02d-%s" % (number, code)
        section = json.loads(found[base + ".json"])
        assert section["sezione"] == number and section["stato"] == MARK
        if section["presenza"] == "nessuno":
            assert section["testo"][0].lower().startswith("ness"), section
            assert not section["tabelle"]
        assert MARK in found[base + ".csv"]
        assert "\n<h2 id=\"sezione-%02d\">" % number in found["index.html"]
    for name in ("index.html", "report.pdf", "accesses.csv", "redactions.json", "manifest.json",
                 "proofs/checkpoint.txt", "proofs/request.tlog-proof"):
        assert name in names, names
    for name, text in found.items():
        if not name.startswith("proofs/") and name != "verifica.html":
            assert MARK in text, name
    assert found["accesses.csv"] == found["data/12-accessi.csv"]


def check_manifest(package, found):
    manifest = json.loads(found["manifest.json"])
    listed = manifest["sha256"]
    assert set(listed) == set(package.namelist()) - {"manifest.json"}
    for name, digest in listed.items():
        assert hashlib.sha256(package.read(name)).hexdigest() == digest, name
    assert manifest["eventi_provati"] == manifest["eventi_citati"] == len(manifest["eventi"])
    assert manifest["punto_di_controllo"] == found["proofs/checkpoint.txt"]
    for event in manifest["eventi"]:
        assert event["prova"] in found and len(event["foglia"]) == 512
        assert ("index %d\n" % event["posizione"]) in found[event["prova"]]
    return manifest


def check_nothing_of_others(store, cf, found, predecessor, registry):
    """DS-09: no identifier, phone or e-mail of anybody else stands in any text."""
    people = table(predecessor, "SS_ANAGRAFICA.csv")
    own_ids = {row["ID"] for row in people if row["CF"] == cf}
    others = {row["CF"] for row in people + table(predecessor, "CS_A_ANAGRAFICA.csv")
              if row["CF"] not in ("", "ANONIMO", cf)}
    for path in registry:
        with open(path, encoding="iso-8859-1") as source:
            if "ANA_PER" in path:
                others |= {line[101:117].strip() for line in source} - {"", cf}
    contacts = set()
    for row in table(predecessor, "SS_SCHEDA_SEGNALATO.csv"):
        if row["ANAGRAFICA_ID"] not in own_ids:
            contacts |= {row["TELEFONO"], row["CEL"], row["EMAIL"]} - {""}
    own = store.run("person", "--details", "--format", "json", stdin="cf " + cf + "\n").stdout
    contacts = {value for value in contacts if value not in own}
    assert len(others) > 2000 and len(contacts) > 100
    all_text = "\n".join(found.values())
    words = set(re.findall(r"[A-Z0-9]{11,16}", all_text))
    assert not others & words, others & words
    assert not [value for value in contacts if value in all_text]
    assert cf in all_text


def check_codes_have_labels(found):
    """DS-03: no cell is a bare code."""
    data = json.loads(found["data/11-dati.json"])
    for shown in data["tabelle"]:
        for row in shown["righe"]:
            for key, value in row.items():
                if key == "posizione" or row.get("dato") in (
                        "Numero della scheda", "Numero del caso", "Famiglia anagrafica",
                        "Telefono", "Cellulare", "Indirizzo"):
                    continue
                assert not re.fullmatch(r"[0-9]{1,3}|[A-Z][0-9]{3}|A[0-9]\.[0-9.]+", value), row
    assert "non in elenco" not in found["data/11-dati.json"]


def check_release(store, cf, comune, out, first):
    """AT-11: the log holds the digest of what left, and a second package is a second entry."""
    with open(out, "rb") as source:
        digest = hashlib.sha256(source.read()).hexdigest()
    assert digest == first["sha256"]
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600

    def released():
        history = json.loads(store.run("replay", "--format", "json",
                                       stdin="cf " + cf + "\n").stdout)["history"]
        return [row["what"] for row in history if row["what"].startswith("Documento rilasciato")]
    assert len(released()) == 1 and digest in released()[0]
    refused = dsar(store, cf, comune, out, expect=2)
    assert "esiste" in refused.stderr
    assert len(released()) == 1, "what was not made was not released"
    again = dsar(store, cf, comune, out + ".2.zip")
    assert len(released()) == 2 and again["sha256"] in released()[1]
    with zipfile.ZipFile(out + ".2.zip") as package:
        requests = json.loads(package.read("data/13-richieste.json"))["tabelle"][0]["righe"]
        assert len(requests) == 3, "DS-13: the first request, its package, and this request"


def main():
    product.need_shared()
    expected, registry, predecessor = product.sample("zona7")
    with product.temporary() as root:
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        store.run("import", "registry", *registry)
        store.run("import", "predecessor", predecessor)
        cf, comuni = somebody(store, predecessor)
        out = os.path.join(root, "pacchetto.zip")
        for comune in comuni:
            done = store.run("dsar", "--kind", "gdpr15", "--comune", comune, "--out", out,
                             "--format", "json", stdin="cf " + cf + "\n", expect=None)
            if done.returncode == 0:
                break
            assert done.returncode == 3 and cf not in done.stderr, done.stderr
            assert not [name for name in os.listdir(root) if name.startswith("pacchetto")]
        assert done.returncode == 0, done.stderr
        first = {row["name"]: row["value"] for row in json.loads(done.stdout)["dsar"]}
        with zipfile.ZipFile(out) as package:
            assert package.testzip() is None
            found = texts(package)
            check_layout(package, found)
            check_manifest(package, found)
        check_nothing_of_others(store, cf, found, predecessor, registry)
        check_codes_have_labels(found)
        check_release(store, cf, comune, out, first)
        refused = dsar(store, cf, comune, out + ".3.zip", kind="giudice", expect=None)
        assert refused.returncode != 0 and not os.path.exists(out + ".3.zip")
        store.run("verify")
    print("the package of one person is whole, proven, and holds nobody else")


if __name__ == "__main__":
    main()
