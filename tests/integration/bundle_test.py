#!/usr/bin/env python3
"""An auditor's bundle of a real store, checked in an empty folder without store and keys."""
import base64
import hashlib
import json
import os
import struct
import subprocess

import product
import record_test

SECRET = "Prova Canarino Riservato"


def verify(folder, *words, expect=0):
    """What the binary says in a folder that holds what the auditor was given, and nothing else."""
    done = subprocess.run([product.BINARY, "verify-bundle", *words], cwd=folder, env={},
                          capture_output=True, text=True, check=False)
    assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout if expect == 0 else done.stderr


def write(folder, name, content):
    with open(os.path.join(folder, name), "wb") as out:
        out.write(content)
    return name


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as source:
        return source.read()


def fill(store):
    """Ten and some events, with a name that must not leave the store."""
    store.init(["D653"])
    record_test.define(store)
    person = {"identifiers": [{"kind": "cf", "value": "PRVFTZ59A41D653B", "verified": True}],
              "identity": {"surname": SECRET, "name": "Fittizia", "sex": "F"}}
    return record_test.act(store, "register_person", person)["events"]


def vkey_of(store):
    return json.loads(store.run("checkpoint", "--format", "json").stdout)["vkey"]


def check_whole(store, folder, vkey):
    said = store.run("audit-bundle", "--output", os.path.join(folder, "tutto")).stderr
    assert "Fascicolo scritto: posizioni da 0 a " in said, said
    content = read(folder, "tutto")
    assert SECRET.encode() not in content and b"PRVFTZ59A41D653B" not in content
    assert store.run("audit-bundle", "--output", os.path.join(folder, "tutto"), expect=2).stdout == ""
    words = verify(folder, "tutto", "--log-key", vkey)
    for claim in ("FASCICOLO VALIDO", "CHE COSA È PROVATO", "CHE COSA NON È PROVATO",
                  "data da chi controlla", "nessun testimone indipendente",
                  "Nessuna marca temporale è stata verificata"):
        assert claim in words, (claim, words)
    told = json.loads(verify(folder, "tutto", "--log-key", vkey, "--format", "json"))
    checkpoint = store.run("checkpoint").stdout.split("\n")
    assert told["valid"] and told["from"] == 0 and told["to"] == told["size"]
    assert [str(told["size"]), told["root"]] == checkpoint[1:3]
    assert told["origin"] == checkpoint[0]
    assert told["signatures"] + told["accesses"] == told["size"]
    unpinned = verify(folder, "tutto")
    assert "non provata" in unpinned and "Di chi è il registro" in unpinned, unpinned
    return told["size"]


def check_ranges(store, folder, vkey, size):
    middle = size // 2
    store.run("audit-bundle", "--from", str(middle), "--to", str(size - 1), "--output",
              os.path.join(folder, "parte"))
    words = verify(folder, "parte", "--log-key", vkey)
    assert "Gli eventi prima della posizione %d" % middle in words, words
    told = json.loads(verify(folder, "parte", "--log-key", vkey, "--format", "json"))
    assert (told["from"], told["to"], told["size"]) == (middle, size - 1, size), told
    assert told["earlier_key_events"] >= 2, told
    assert len(read(folder, "parte")) < len(read(folder, "tutto"))
    store.run("audit-bundle", "--from", "5", "--to", "5", expect=2)
    store.run("audit-bundle", "--to", str(size + 1000), expect=3)
    store.run("audit-bundle", "--from", "-1", expect=2)


def check_changes(folder, vkey, other_vkey):
    content = read(folder, "tutto")
    for at in range(0, len(content), len(content) // 15):
        bad = content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]
        said = verify(folder, write(folder, "guasto", bad), "--log-key", vkey, expect=6)
        assert "il fascicolo NON è valido" in said, (at, said)
    said = verify(folder, write(folder, "guasto", content[:-1]), "--log-key", vkey, expect=6)
    assert "malformato" in said, said
    said = verify(folder, write(folder, "guasto", b"CSV;no\n"), expect=6)
    assert "non è un fascicolo" in said, said
    said = verify(folder, "tutto", "--log-key", other_vkey, expect=6)
    assert "altro registro" in said, said
    verify(folder, "manca", expect=2)
    verify(folder, "tutto", "--log-key", "chiave", expect=2)


def disclosed(store, events):
    """Every segment of the events but their headers."""
    segments = []
    for event in events:
        for index in range(1, 257):
            done = store.run("disclose-segment", str(event["position"]), str(index), "--purpose",
                             "giudizio", expect=None)
            if done.returncode == 3:
                break
            assert done.returncode == 0, done.stderr
            segments.append(json.loads(done.stdout))
    return segments


def check_segment(store, folder, vkey, events, size):
    """The text that was recorded is proved; the same text with a letter changed is not."""
    segments = disclosed(store, events)
    named = [each for each in segments
             if SECRET.encode() in base64.b64decode(each["message"])]
    assert len(named) == 1, [each["index"] for each in segments]
    shown = write(folder, "segmento", json.dumps(named[0]).encode())
    words = verify(folder, "tutto", "--log-key", vkey, "--segment", shown)
    assert "dice esattamente" in words and SECRET in words, words
    changed = dict(named[0], message=base64.b64encode(base64.b64decode(
        named[0]["message"]).replace(b"Canarino", b"Canarina")).decode())
    shown = write(folder, "segmento", json.dumps(changed).encode())
    said = verify(folder, "tutto", "--log-key", vkey, "--segment", shown, expect=6)
    assert "NON è questo il testo" in said and SECRET not in said, said
    elsewhere = write(folder, "segmento", json.dumps(dict(named[0], position=size + 5)).encode())
    verify(folder, "tutto", "--log-key", vkey, "--segment", elsewhere, expect=3)
    verify(folder, "tutto", "--segment", write(folder, "segmento", b"{}"), expect=2)
    # Each disclosure was recorded before it was printed.
    grown = int(store.run("checkpoint").stdout.split("\n")[1])
    assert grown >= size + len(segments), (grown, size, len(segments))


def openssl(folder, *words):
    return subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=True).stdout


def make_authority(folder):
    """A time-stamp authority of the openssl program; its certificate is ca.pem."""
    write(folder, "tsa.cnf", b"[tsa]\ndefault_tsa = prova\n[prova]\nserial = serial\n"
          b"signer_cert = tsa.pem\ncerts = ca.pem\nsigner_key = tsa.key\nsigner_digest = sha256\n"
          b"default_policy = 1.2.3.4.1\ndigests = sha256\n[stamp]\n"
          b"keyUsage = critical,digitalSignature\nextendedKeyUsage = critical,timeStamping\n")
    write(folder, "serial", b"01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, "req", "-x509", *key, "-subj", "/CN=Radice", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(folder, "req", *key, "-subj", "/CN=Marche di prova", "-keyout", "tsa.key", "-out", "tsa.csr")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-extfile", "tsa.cnf", "-extensions", "stamp", "-out", "tsa.pem")


def stamp(folder, note):
    openssl(folder, "ts", "-query", "-digest", hashlib.sha256(note).hexdigest(), "-sha256", "-cert",
            "-out", "query")
    openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
    return read(folder, "reply")


def make_witness(folder, name):
    """Its key, and a function that cosigns a note: C2SP cosignature/v1 by other code than ours."""
    openssl(folder, "genpkey", "-algorithm", "ed25519", "-out", "witness.key")
    public = openssl(folder, "pkey", "-in", "witness.key", "-pubout", "-outform", "DER")[-32:]
    key_id = hashlib.sha256(name.encode() + b"\n\x04" + public).digest()[:4]

    def cosign(note, time):
        text = note[:note.index(b"\n\n") + 1]
        write(folder, "message", b"cosignature/v1\ntime %d\n" % time + text)
        signature = openssl(folder, "pkeyutl", "-sign", "-inkey", "witness.key", "-rawin", "-in",
                            "message")
        value = base64.b64encode(key_id + struct.pack(">Q", time) + signature).decode()
        return note + ("\u2014 %s %s\n" % (name, value)).encode()
    vkey = "%s+%s+%s" % (name, key_id.hex(), base64.b64encode(b"\x04" + public).decode())
    return vkey, cosign


def put_anchor(store, size, note, stamps):
    content = b"CRTA\x01" + struct.pack(">QI", size, len(note)) + note
    content += struct.pack(">H", len(stamps))
    for each in stamps:
        content += struct.pack(">I", len(each)) + each
    os.makedirs(os.path.join(store.data, "anchors"), exist_ok=True)
    write(os.path.join(store.data, "anchors"), "%020d.anchor" % size,
          content + hashlib.sha256(content).digest())


def check_anchors(store, tools, folder, vkey):
    """Who else saw the newest checkpoint, and since when, once the auditor knows whom to believe."""
    note = store.run("checkpoint").stdout.encode()
    size = int(note.split(b"\n")[1])
    make_authority(tools)
    witness, cosign = make_witness(tools, "testimone.example")
    put_anchor(store, size, cosign(note, 1700000100), [stamp(tools, note)])
    policy = "witness %s https://testimone.example independent Ambito vicino\n" % witness
    write(folder, "politica", policy.encode())
    write(folder, "autorita.pem", read(tools, "ca.pem"))
    store.run("audit-bundle", "--witness-policy", os.path.join(folder, "politica"), "--output",
              os.path.join(folder, "ancorato"))
    alone = verify(folder, "ancorato", "--log-key", vkey)
    assert "la politica viene dal fascicolo" in alone and "1 marche temporali" in alone, alone
    words = verify(folder, "ancorato", "--log-key", vkey, "--witness-policy", "politica", "--time-stamp-ca",
                   "autorita.pem")
    for claim in ("visto da testimone.example (Ambito vicino, indipendente", "Marche di prova",
                  "2023-11-14T22:15:00", "esisteva già alle ore"):
        assert claim in words, (claim, words)
    for missing in ("nessun testimone", "Le ore: ", "la politica viene dal fascicolo"):
        assert missing not in words, (missing, words)
    # A stamp of something else refuses the whole; a policy that is none is told as such.
    put_anchor(store, size, cosign(note, 1700000100), [stamp(tools, note + b"x")])
    store.run("audit-bundle", "--output", os.path.join(folder, "falso"))
    said = verify(folder, "falso", "--log-key", vkey, "--time-stamp-ca", "autorita.pem", expect=6)
    assert "marca temporale non è di questo checkpoint" in said, said
    verify(folder, "ancorato", "--witness-policy", write(folder, "no", b"testimone?\n"), expect=2)


def main():
    with product.temporary() as root, product.temporary() as folder, product.temporary() as tools:
        store = product.Store(root)
        events = fill(store)
        os.mkdir(os.path.join(root, "altro"))
        other = product.Store(os.path.join(root, "altro"))
        other.init(["D653"])
        vkey = vkey_of(store)
        size = check_whole(store, folder, vkey)
        check_ranges(store, folder, vkey, size)
        check_changes(folder, vkey, vkey_of(other))
        check_segment(store, folder, vkey, events, size)
        check_anchors(store, tools, folder, vkey)
    print("a bundle of %d events is proved without the store, changed ones are refused" % size)


if __name__ == "__main__":
    main()
