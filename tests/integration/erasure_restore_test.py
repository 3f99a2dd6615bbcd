#!/usr/bin/env python3
"""F-25 (CR-04, T8): whoever was erased stays erased when a backup from before the erasure is restored."""
import json
import os
import shutil

import api_client
import backup_test
import erasure_test
import product
import record_test as record


class Copies(backup_test.Copies):
    """As there, with an ambito of one comune that may keep its registry."""

    def __init__(self, root):
        self.store = product.Store(root)
        self.second = os.path.join(root, "second")
        self.target = os.path.join(root, "copies")
        os.mkdir(self.second)
        self.store.run("init", "--ambito", "Ambito di prova", "--mode", "test", "--head-copy",
                       self.second, "--enable-registry", "D653:Delibera 1/2026:2099-12-31")


def events(store):
    return backup_test.stats(store)["events"]


def knows(store):
    """Whether the identifier or the name still finds somebody."""
    found = [store.run("person", "--format", "json", stdin=line, expect=None).stdout for line in
             ("cf %s\n" % erasure_test.CODICE, "nome Canarinovolante\n")]
    return any("Canarinovolante" in each for each in found)


def erased(store):
    proposal = erasure_test.propose(store)
    done = store.run("erasure", *erasure_test.decide_words(store, proposal))
    # Copies from before still have the keys: until when, and what ends them.
    certificate = store.run("erasure", "certificate", proposal).stdout
    final = certificate.split("Definitiva dal: ")[1]
    # The one backup that was made is named, with its end, which is not later than that of all.
    copies = [line for line in certificate.splitlines() if ", scade il " in line]
    assert len(copies) == 1 and copies[0].split(", scade il ")[1] <= final.splitlines()[0], certificate
    assert "fino al " + final.splitlines()[0] in done.stderr, done.stderr
    assert "cartella backup" in done.stderr, done.stderr
    return proposal


def accept(other, made, is_whole=True):
    """It is older than what is known, and read-only until somebody accepts that."""
    assert "ALLARME" in other.run("stats").stderr
    other.run("accept-older-head", "--size", str(made["eventi"]), "--reason",
              "prova: ripristino di una copia di prima della cancellazione")
    if is_whole:
        other.run("verify")


def main():
    with product.temporary() as root:
        copies = Copies(root)
        record.define(copies.store)
        erasure_test.people(copies.store)
        erasure_test.register(copies.store)
        assert knows(copies.store)
        made = copies.backup()
        wanted = os.path.join(copies.store.data, "backup.wanted")
        assert not os.path.exists(wanted)
        erasure_test.check_forgotten(copies.store, erased(copies.store))
        assert os.path.exists(wanted), "no backup is asked for"

        # What is restored writes its head, too, so it gets a second path of its own.
        second = copies.second
        copies.second = shutil.copytree(second, os.path.join(root, "second-of-the-attack"))
        # The attack: the copy from before, with its own copy of the vault, whose key still exists.
        other, said = copies.restore("before", "--number", str(made["numero"]))
        assert said["cancellazioni ripetute"] == 1 and said["vault della copia"] == made["numero"]
        assert int(said["RPO, eventi mancanti"]) > 0, said
        accept(other, made)
        assert not knows(other), "the erased person came back"
        assert not erasure_test.files_with_canaries(other)
        # The identifier is free again: whoever registers it begins anew, and finds nobody.
        erasure_test.register(other)
        assert knows(other)
        other.run("verify")
        shutil.rmtree(other.data)

        # Without the register nothing is restored; a backup after the erasure locks the old vault.
        copies.second = second
        register = os.path.join(copies.second, "erasures.register")
        # What the first copy signs with is destroyed, too: the vault of a newer one does not know it.
        copies.store.run("keys", "rotate-signing")
        copies.store.run("keys", "rotate-log")
        newer = copies.backup()
        assert newer["chiavi di copie del vault distrutte"] >= 1, newer
        assert not os.path.exists(wanted)
        copies.second = shutil.copytree(second, os.path.join(root, "second-of-the-old"))
        other, said = copies.restore("old", "--number", str(made["numero"]))
        assert said["cancellazioni ripetute"] == 1 and said["vault della copia"] == newer["numero"]
        # Signed with a key that came later: whoever accepts an older log removes it by hand.
        os.remove(os.path.join(copies.second, "head"))
        accept(other, made)
        assert not knows(other) and not erasure_test.files_with_canaries(other)
        shutil.rmtree(other.data)
        copies.second = second
        os.rename(register, register + ".away")
        assert "refused" in copies.restore("never", expect=1)[1]
        assert "non è finito" in copies.elsewhere("never").run("stats", expect=1).stderr
        # Nor is anything copied; a register that is lost is rewritten as far as the log knows it.
        assert "rewrite-register" in copies.store.run("backup", copies.target, expect=1).stderr
        with api_client.Server(copies.store) as server:
            pass
        assert "erasure_register_refused" in server.said(), server.said()
        copies.store.run("erasure", "rewrite-register")
        assert copies.store.run("erasure", "rewrite-register").stdout.endswith(": 0\n")
        copies.backup()
        copies.second = shutil.copytree(second, os.path.join(root, "second-of-the-rewritten"))
        other, said = copies.restore("rewritten", "--number", str(made["numero"]))
        assert said["cancellazioni ripetute"] == 1, said
        os.remove(os.path.join(copies.second, "head"))
        # Its looks at the person have reasons under keys that a rewritten register cannot name.
        accept(other, made, is_whole=False)
        assert not knows(other) and not erasure_test.files_with_canaries(other)
        print("stays erased:", json.dumps(said, ensure_ascii=False))


if __name__ == "__main__":
    main()
