#!/usr/bin/env python3
"""A registry is loaded only while an act enables it: in production by the verbs made for that."""
import os
import sys

import product


def resident(matricola):
    """One line of ANA_PER_ 2.0 with the fields that are mandatory."""
    fields = {0: "A", 1: "PROVETTA/FITTIZIA", 118: "19700101", 126: "F", 343: matricola}
    line = [" "] * 665
    for start, text in fields.items():
        line[start:start + len(text)] = text
    return "".join(line) + "\n"


def refused(store, words, code, *said):
    done = store.run(*words, expect=code)
    for text in said:
        assert text in done.stderr, (text, done.stderr)


def main():
    with product.temporary() as root:
        store = product.Store(root)
        store.use_credential()
        file = os.path.join(root, "ANA_PER_E256_20260131.txt")
        with open(file, "w", encoding="iso-8859-1") as out:
            out.write(resident("0000000001"))
        init = ["init", "--ambito", "Ambito di prova"]
        act = ["--comune", "E256", "--act", "Delibera 1/2026"]
        refused(store, [*init, "--enable-registry", "E256:Delibera 1/2026:2099-12-31"], 2,
                "--enable-registry", "registry enable")
        assert not os.path.exists(store.data), "a refused init leaves a directory"
        store.run(*init, "--region", "10")

        load = ["import", "registry", file]
        refused(store, load, 1, "registry_not_enabled", "E256", "non è abilitata")
        refused(store, ["registry", "enable", *act], 2, "--expires")
        refused(store, ["registry", "enable", *act, "--expires", "2020-12-31"], 1, "scaduto")
        refused(store, ["registry", "disable", *act], 1, "non è abilitata")
        store.run("registry", "enable", *act, "--expires", "2099-12-31")
        store.run(*load)
        store.run("registry", "disable", *act)
        refused(store, load, 1, "registry_act_expired", "E256", "scaduto")
        store.run("registry", "enable", *act, "--expires", "2099-12-31")
        assert "already_loaded" in store.run(*load).stdout
        store.run("verify")
    print("a registry is loaded only under an act")


if __name__ == "__main__":
    sys.exit(main())
