#!/usr/bin/python3
"""ASVS 14.2.5: the bill of materials names every library that the binary loads, with the version that is installed."""
import json
import os
import re
import subprocess

import product

SBOM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ops", "sbom")


def main():
    made = json.loads(subprocess.run([SBOM, product.BINARY], check=True, capture_output=True, text=True).stdout)
    assert made["bomFormat"] == "CycloneDX" and made["specVersion"] == "1.5", made
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", made["serialNumber"]), made["serialNumber"]
    version = made["metadata"]["component"]["version"]
    said = subprocess.run([product.BINARY, "--version"], check=True, capture_output=True, text=True).stdout
    assert version and version in said, (version, said)
    components = {each["bom-ref"]: each for each in made["components"]}
    assert set(made["dependencies"][0]["dependsOn"]) == set(components)
    for each in components.values():
        assert each["version"] and each["purl"].startswith(("pkg:deb/debian/", "pkg:npm/")), each
        assert "+" not in each["purl"], "a plus is written %2B in a purl"
    names = {each["name"] for each in components.values()}
    # What ldd loads, by the package that the loader's own cache would give for its name.
    loaded = subprocess.run(["ldd", product.BINARY], check=True, capture_output=True, text=True).stdout
    for library, package in (("libsodium.so", "libsodium23"), ("libssl.so", "libssl3"),
                             ("libzip.so", "libzip4"), ("libc.so", "libc6")):
        assert library in loaded and package in names, (library, sorted(names))
    count = len(re.findall(r"=> /", loaded))
    packages = [each for each in components.values() if each["properties"][0]["value"] == "loaded"]
    assert count / 2 < len(packages) <= count, (count, len(packages))
    assert {"librocksdb-dev", "weasyprint", "@noble/ed25519"} <= names, names
    done = subprocess.run([SBOM], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "ops/sbom BINARY" in done.stderr, done
    print("bill of materials: %d components" % len(components))


if __name__ == "__main__":
    main()
