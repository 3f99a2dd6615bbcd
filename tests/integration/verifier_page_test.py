#!/usr/bin/env python3
"""The verifier page as the server gives it, in a real browser, with a receipt and a package of that server.

The page's own tests (web/test) make their files themselves; here the formats of both sides must agree.
"""
import io
import json
import os
import zipfile

import api_client
import api_world
from api_world import World
from browser import need_browser, run_script


def look(page, folder):
    """What the page says of each file, by its name; and what it asked the network for."""
    printed = run_script("verifier_page.mjs", page, folder)
    *verdicts, end = [json.loads(line) for line in printed.splitlines()]
    assert end["faults"] == [], end["faults"]
    return {each["name"]: each for each in verdicts}, end["asked"]


def rezipped(package, change):
    """The package with some files changed, in the form that the server writes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            entry = zipfile.ZipInfo(info.filename, info.date_time)
            entry.compress_type, entry.external_attr = info.compress_type, info.external_attr
            entry.create_system = info.create_system
            new.writestr(entry, change(info.filename, old.read(info)))
    return out.getvalue()


def files_of(world, key, folder):
    """A receipt and a package of this server, genuine and falsified."""
    person = api_world.register(world["segretariato"], identifier=api_world.IDENTIFIER)
    officer = world["addetto_diritti"]
    request = officer.call("openRightsRequest", {
        "person": person["stream"], "kind": "gdpr15", "received_on": "2026-06-12"}, 201).json()
    officer.call("showRightsRequest", expect=200, request=request["stream"],
                 query=api_world.after(request))
    officer.step_up()
    package = officer.call("downloadPackage", expect=200, request=request["stream"]).body
    leaf = person["leaf"]
    other_leaf = leaf[:400] + ("0" if leaf[400] != "0" else "1") + leaf[401:]
    texts = {"key": key, "1-receipt.json": json.dumps(person),
             "2-receipt.json": json.dumps({**person, "leaf": other_leaf}),
             "3-receipt.json": json.dumps({**person, "recorded_at": "2020-01-01T00:00:00.000000Z"})}
    contents = {name: text.encode() for name, text in texts.items()}
    contents["4-package.zip"] = package
    contents["5-package.zip"] = rezipped(package, lambda name, content: content)
    contents["6-package.zip"] = rezipped(
        package, lambda name, content: content.replace(b"Provettoni", b"Provettini"))
    for name, content in contents.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(content)
    with zipfile.ZipFile(io.BytesIO(package)) as files:
        return files.read("verifica.html")


def main():
    with World("segretariato", "addetto_diritti") as world:
        page = world.nobody().call("showVerifier")
        need_browser(page.status == 200)
        assert page.headers["cache-control"] == "no-store"
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy, policy
        vkey = json.loads(world.store.run("checkpoint", "--format", "json").stdout)["vkey"]
        folder = os.path.join(world.store.root, "files")
        os.mkdir(folder)
        assert files_of(world, vkey, folder) == page.body, "the copy in the package is the page"
        url = "https://localhost:%d/verifica" % world.server.port
        found, asked = look(url, folder)
        copy = os.path.join(world.store.root, "verifica.html")
        with open(copy, "wb") as out:
            out.write(page.body)
        from_disk, asked_from_disk = look("file://" + copy, folder)
    headlines = {name: each["headline"] for name, each in found.items()}
    print(json.dumps(headlines, ensure_ascii=False))
    assert {name: each["headline"] for name, each in from_disk.items()} == headlines
    assert "RICEVUTA AUTENTICA" in headlines["1-receipt.json"]
    assert "Nessun testimone" in found["1-receipt.json"]["text"]
    for name in ("2-receipt.json", "3-receipt.json", "6-package.zip"):
        assert "NON AUTENTICO" in headlines[name], headlines
        assert "Che cosa è provato" not in found[name]["text"], found[name]
    for name in ("4-package.zip", "5-package.zip"):
        assert "TESTI NON PROVATI" in headlines[name], found[name]
        assert "estratto non provato" in found[name]["text"]
    assert asked == [url] and asked_from_disk == ["file://" + copy], (asked, asked_from_disk)


if __name__ == "__main__":
    main()
