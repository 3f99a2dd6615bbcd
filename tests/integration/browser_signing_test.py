#!/usr/bin/env python3
"""People sign in a real browser what the real server then records: the key is WebCrypto's and never leaves it.

The front end's own code decodes and recomputes what is signed (web/src/prepared.ts); what was recorded is
checked here with OpenSSL alone, by what docs/data_formats.md says of leaf and signature.
"""
import json
import os
import subprocess

import api_client
import api_world
import product
from api_world import WORKERS, World, after
from browser import need_browser, run_script

NOTE = "Firmato nel browser: la visita è andata bene, così dice."
REASON = "Chiede un aiuto per l'affitto; perché, lo dirà."


def person_of(world, name, command, fields):
    account = world.accounts[name]
    return {"credentials": {"username": account.username, "password": api_client.PASSWORD,
                            "totp": account.authenticator.code()},
            "role": name.split()[0], "operator": WORKERS[name], "command": command, "fields": fields}


def signature_holds(folder, public_key, log_id, leaf):
    """Whether OpenSSL finds the signature of the leaf to be over what the leaf says."""
    parts = {"message": b"cartella/sig/1\0" + log_id + leaf[5:8] + leaf[16:48] +
             leaf[176:184] + leaf[64:96],
             "signature": leaf[184:248],
             "key": bytes.fromhex("302a300506032b6570032100") + public_key}  # RFC 8410
    paths = {}
    for name, content in parts.items():
        paths[name] = os.path.join(folder, "signed-" + name)
        with open(paths[name], "wb") as out:
            out.write(content)
    return subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", paths["key"],
         "-in", paths["message"], "-sigfile", paths["signature"]],
        capture_output=True, check=False).returncode == 0


def check(world, log_id, signed, text, count):
    """What the browser said it did, held against what the log holds."""
    assert signed["faults"] == [], signed["faults"]
    assert not signed["privateKeyLeaves"]
    assert signed["events"] == count, signed["events"]
    assert text in signed["preview"], signed["preview"]
    assert "is not what was recomputed" in signed["lieToldAs"], signed["lieToldAs"]
    receipt, again = signed["receipt"], signed["again"]
    assert receipt["event_count"] == count and not receipt["duplicate"], receipt
    assert again["duplicate"] and again["position"] == receipt["position"], again
    leaf, public_key = bytes.fromhex(receipt["leaf"]), bytes.fromhex(signed["publicKey"])
    assert leaf[6:8] == b"\0\1", "the author signed, not the server"
    folder = world.folder.name
    assert signature_holds(folder, public_key, bytes.fromhex(log_id), leaf)
    for place in (20, 40, 70, 180, 190):  # id, stream, commitment, expected revision, signature
        other = leaf[:place] + bytes([leaf[place] ^ 1]) + leaf[place + 1:]
        assert not signature_holds(folder, public_key, bytes.fromhex(log_id), other), place


def main():
    need_browser()
    with World("segretariato", "operatore") as world:
        person = api_world.register(world["segretariato"])["stream"]
        case, opened = api_world.open_case(world, person)
        log_id = world["operatore"].call("showOrganisation", expect=200,
                                         query=after(opened)).json()["log_id"]
        work = {
            "url": "https://localhost:%d" % world.server.port, "log_id": log_id,
            "people": [
                person_of(world, "operatore", "record_note", {
                    "case_stream": case, "text": NOTE, "worker": WORKERS["operatore"]}),
                # A call of several events: each is shown, recomputed and signed.
                person_of(world, "segretariato", "open_card", {
                    "person": person, "access_date": "2026-06-14", "mode": "Di Persona",
                    "office": api_client.OFFICE, "motive_text": REASON,
                    "needs": {"needs": [api_client.NEED]},
                    "services": {"services": [api_client.SERVICE]}})]}
        note, card = [json.loads(line) for line in run_script(
            "browser_signing.mjs", input=json.dumps(work)).splitlines()]
        check(world, log_id, note, NOTE, 1)
        check(world, log_id, card, REASON, 3)
        shown = world["operatore"].call("showNote", expect=200, case=case,
                                        note=note["receipt"]["stream"],
                                        query=after(note["receipt"])).json()
        assert shown["text"] == NOTE, shown
        world.stop()
        world.store.run("verify")
        bundle = os.path.join(world.folder.name, "fascicolo")
        world.store.run("audit-bundle", "--output", bundle)
        vkey = json.loads(world.store.run("checkpoint", "--format", "json").stdout)["vkey"]
        told = json.loads(subprocess.run(
            [product.BINARY, "verify-bundle", bundle, "--log-key", vkey, "--format", "json"],
            capture_output=True, text=True, check=True).stdout)
        assert told["valid"], told


if __name__ == "__main__":
    main()
