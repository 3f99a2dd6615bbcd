#!/usr/bin/env python3
"""Every verb answers while a server holds the data directory what it answers alone."""
import json
import os
import signal
import subprocess

import product


class Server:
    """`cartella serve` on a free port, until the block ends."""

    def __init__(self, store):
        self.store = store

    def __enter__(self):
        command = self.store.command("serve", "--listen", "127.0.0.1:0")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        told = self.process.stdout.readline()
        assert json.loads(told)["port"] > 0, told
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        if kind is None:
            assert code == 0, code


def questions(store):
    """Verbs with their input whose answer does not depend on how many looks the log holds."""
    cards = json.loads(store.run("register", "--format", "json").stdout)["register"]
    counts = json.loads(store.run("caseload", "--counts", "--format", "json").stdout)["caseload"]
    sector = counts[0]["sector_id"]
    cases = json.loads(store.run("caseload", "--format", "json",
                                 stdin="settore " + sector + "\n").stdout)["caseload"]
    case, card = "flusso " + cases[0]["stream"] + "\n", "flusso " + cards[0]["stream"] + "\n"
    asked = [(("report", name), "") for name in
             ("people", "accesses", "needs", "services", "cases", "interviews", "deliveries")]
    asked += [
        (("report", "accesses", "--group-by", "comune,month"), ""),
        (("report", "accesses", "--as-of", "1000"), ""),
        (("report", "accesses", "--since", "ieri"), ""),
        (("report", "none"), ""),
        (("organisation",), ""), (("published",), ""), (("caseload", "--counts"), ""),
        (("register", "--rows", "100000"), ""), (("register", "--office", "0" * 32), ""),
        (("caseload",), "settore " + sector + "\n"), (("caseload",), "settore nessuno\n"),
        (("case",), case), (("case", "--as-of", "1"), case), (("case",), "caso 99999999\n"),
        (("card",), card), (("card",), "senza senso\n"), (("timeline",), case),
        (("timeline",), card), (("timeline", "--valid-at", "2025-01-01"), case),
        (("person",), "nome ROSSI\n"), (("person", "--details"), "cf AAAAAA00A00A000A\n"),
        (("prove", "--consistency", "-1"), ""), (("prove", "00" * 16), ""),
        (("record",), "{"), (("record",), "{" + " " * 1000 + "}"),
        (("registry", "disable", "--comune", "A001", "--act", "Atto"), "")]
    return asked


def answers(store, asked):
    found = []
    for words, stdin in asked:
        for form in ("json", "csv"):
            done = store.run(*words, "--format", form, stdin=stdin, expect=None)
            found.append((words, form, done.returncode, done.stdout, done.stderr))
    return found


def check_same_answers(store):
    asked = questions(store)
    alone = answers(store, asked)
    with Server(store):
        served = answers(store, asked)
        for expected, found in zip(alone, served):
            assert expected == found, "alone %s\nserved %s" % (expected, found)
        assert any(code == 0 for _, _, code, _, _ in served)


def check_writing(store, predecessor):
    size = json.loads(store.run("stats", "--format", "json").stdout)["log"][1]["value"]
    with Server(store):
        store.run("record", stdin=json.dumps(
            {"command": "define_category", "fields": {"category": "99", "label": "Di prova"}}))
        assert "Di prova" in store.run("organisation").stdout
        # Paths are those of the client's directory, not of the server's.
        folder = os.path.realpath(os.path.dirname(predecessor))
        rejects = os.path.join(store.root, "scarti.csv")
        command = store.command("import", "predecessor", os.path.basename(predecessor),
                                "--rejects", os.path.relpath(rejects, folder))
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert os.path.getsize(rejects) > 0
        for words in (("rebuild",), ("init", "--ambito", "Altro", "--mode", "test")):
            refused = store.run(*words, expect=4)
            assert "fermare il server" in refused.stderr, refused.stderr
        checkpoint = store.run("checkpoint").stdout
        assert int(checkpoint.split("\n")[1]) >= size, checkpoint
        verified = store.run("verify")
        assert "senza il giornale" in verified.stderr, verified.stderr
    store.run("verify")


def main():
    product.need_shared()
    expected, registry, predecessor = product.sample("zona7")
    with product.temporary() as root:
        store = product.Store(root)
        store.init(sorted(expected["people_by_comune"]))
        with Server(store):
            store.run("import", "registry", *registry)
            store.run("import", "predecessor", predecessor)
            product.compare(expected, product.totals(store))
        check_same_answers(store)
        check_writing(store, predecessor)
        product.compare(expected, product.totals(store))
    print("every verb answers with and without a server")


if __name__ == "__main__":
    main()
