#!/usr/bin/python3
"""The shipped systemd units are valid, name verbs that exist, and leave little for an intruder."""
import glob
import os
import re
import shutil
import subprocess
import sys

import yaml

import product

UNITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ops", "systemd")
DRILL = os.path.join(UNITS, "..", "drill")
EXPOSURE_MAX = 20  # tenths, of systemd-analyze security; the shipped units have 9 to 14


def check_alerts():
    """Each rule asks for what the program tells, by the names and labels that it uses."""
    with open(os.path.join(UNITS, "cartella.alerts.yml"), encoding="utf-8") as source:
        rules = [rule for group in yaml.safe_load(source)["groups"] for rule in group["rules"]]
    with open(os.path.join(UNITS, "..", "metrics.cc"), encoding="utf-8") as source:
        told = set(re.findall(r'"(cartella_[a-z_]+)"', source.read()))
    assert len(told) > 15, told
    for rule in rules:
        asked = set(re.findall(r"cartella_[a-z_]+", rule["expr"]))
        assert asked and asked <= told, (rule["alert"], asked - told)
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in ("warning", "critical")
    print("alerts:", len(rules))


def check_path():
    """The unit waits for the file that an erasure makes, in the folder that the example names."""
    with open(os.path.join(UNITS, "cartella-backup.path"), encoding="utf-8") as source:
        waits = re.search(r"^PathExists=(.*)$", source.read(), re.M).group(1)
    with open(os.path.join(UNITS, "cartella.env.example"), encoding="utf-8") as source:
        data = re.search(r"^CARTELLA_DATA=(.*)$", source.read(), re.M).group(1)
    assert waits == data + "/backup.wanted", (waits, data)  # erasure_restore_test sees it made


def main():
    if shutil.which("systemd-analyze") is None:
        print("SKIPPED: systemd-analyze is not installed")
        sys.exit(77)
    with product.temporary() as root:
        copies = []
        for unit in sorted(glob.glob(os.path.join(UNITS, "cartella*.service")) +
                           glob.glob(os.path.join(UNITS, "cartella*.path")) +
                           glob.glob(os.path.join(UNITS, "cartella*.timer"))):
            with open(unit, encoding="utf-8") as source:
                text = source.read()
            for verb in re.findall(r"^ExecStart=/usr/bin/cartella (\S+)", text, re.M):
                subprocess.run([product.BINARY, verb, "--help"], check=True, capture_output=True)
            text = text.replace("/usr/bin/cartella", product.BINARY)
            text = text.replace("/usr/lib/cartella/drill", os.path.abspath(DRILL))
            copies.append(os.path.join(root, os.path.basename(unit)))
            with open(copies[-1], "w", encoding="utf-8") as out:
                out.write(text)
        assert len(copies) == 6, copies
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *copies],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr.strip(), done.stderr
        for copy in copies:
            if copy.endswith(".service"):
                subprocess.run(["systemd-analyze", "security", "--offline=true",
                                "--threshold=%d" % EXPOSURE_MAX, copy], check=True,
                               capture_output=True)
        # A change of a unit that breaks it would be found.
        service = next(copy for copy in copies if copy.endswith(".service"))
        with open(service, encoding="utf-8") as source:
            text = source.read()
        with open(service, "w", encoding="utf-8") as out:
            out.write(text.replace(product.BINARY, "/nonexistent/cartella"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", service],
                              capture_output=True, text=True, check=False)
        assert done.stderr.strip(), "a broken unit passes"
        done = subprocess.run(["systemd-sysusers", "--dry-run", os.path.join(UNITS, "cartella.sysusers")],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        print("units:", len(copies))
    check_alerts()
    check_path()


if __name__ == "__main__":
    main()
