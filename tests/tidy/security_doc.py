#!/usr/bin/env python3
"""tests/tidy/security_doc.py: docs/security.md answers every line, and names only what exists.

    security_doc.py [ROOT]   prints each finding; exit code 1 if any, 77 where the list of lines is not there

The list of lines is asvs403_triage.csv beside the checkout (CARTELLA_SHARED_DIR). Every line of ASVS 4.0.3 level 2
stands in exactly one row of a table; what stands between backticks in the last cell of a row is a file of the
repository or the name of a test. That a test shows what the row says is for people to judge.
"""
import csv
import os
import re
import sys
from pathlib import Path

LINE = re.compile(r"V\d+\.\d+\.\d+")
TEST_NAME = re.compile(r"^(?:TEST\w*|RC_GTEST\w*)\(\s*\w+,\s*(\w+)|^def (\w+)", re.M)
OTHER_IDS = [*("T%d" % number for number in range(1, 14)),
             *("B-%02d" % number for number in range(1, 15))]


def rows(text):
    """Number and cells of every row of the tables whose last column is "test or file"."""
    is_ours = False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            is_ours = False
        elif cells[-1] == "test or file":
            is_ours = True
        elif is_ours and line.startswith("| "):
            yield number, cells if len(cells) == 3 else (line, "", "")


def check(text, lines, tests, exists):
    """What is wrong with the page; `exists` tells whether a path is a file."""
    found, seen = [], {}
    for number, (ids, control, places) in rows(text):
        for each in ids.split(", "):
            if each not in lines and each not in OTHER_IDS:
                found.append("%d: no such line: %s" % (number, each))
            elif each in seen:
                found.append("%d: %s is answered in line %d already" % (number, each, seen[each]))
            seen[each] = number
        names = re.findall(r"`([^`]+)`", places)
        if not control or not names:
            found.append("%d: %s names neither a test nor a file" % (number, ids))
        for name in names:
            if name not in tests and not exists(name):
                found.append("%d: there is no test or file %s" % (number, name))
    for each in [*lines, *OTHER_IDS]:
        if each not in seen:
            found.append("%s is not answered" % each)
    return found


def tests_of(root):
    names = set()
    for pattern in ("tests/unit/*/*_test.cc", "tests/integration/*_test.cc",
                    "tests/integration/*_test.py"):
        for path in root.glob(pattern):
            for groups in TEST_NAME.findall(path.read_text(encoding="utf-8")):
                names.update(filter(None, groups))
    return names


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parents[2]
    shared = Path(os.environ.get("CARTELLA_SHARED_DIR") or root.parent / "shared")
    triage = shared / "data/reference/asvs403_triage.csv"
    if not triage.exists():
        print("SKIPPED: the shared data are not beside the checkout:", triage)
        return 1 if os.environ.get("CI") == "true" else 77
    with open(triage, encoding="utf-8", newline="") as source:
        lines = [row["req"] for row in csv.DictReader(source) if row["L2"] == "x"]
    text = (root / "docs/security.md").read_text(encoding="utf-8")
    found = check(text, lines, tests_of(root), lambda name: (root / name).is_file())
    for each in found:
        print("docs/security.md:" + each)
    print("%d lines, %d findings" % (len(lines), len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
