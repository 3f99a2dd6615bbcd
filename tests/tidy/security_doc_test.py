#!/usr/bin/env python3
"""tests/tidy/security_doc_test.py: plants each fault that security_doc.py is there for."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import security_doc  # noqa: E402

LINES = ["V1.1.1", "V1.1.2"]
OTHERS = "".join("| %s | x | `RefusesIt` |\n" % each for each in security_doc.OTHER_IDS)
GOOD = "| line | control | test or file |\n|---|---|---|\n| V1.1.1, V1.1.2 | x | `RefusesIt` `a/b.cc` |\n" + OTHERS


def check(text):
    return security_doc.check(text, LINES, {"RefusesIt"}, lambda name: name == "a/b.cc")


class SecurityDoc(unittest.TestCase):
    def test_accepts_a_page_without_fault(self):
        self.assertEqual(check(GOOD), [])

    def test_finds_each_fault(self):
        for fault, words in ((GOOD.replace("V1.1.1, ", ""), "V1.1.1 is not answered"),
                             (GOOD.replace("`RefusesIt` `a/b.cc`", "`RefusedIt`"), "RefusedIt"),
                             (GOOD.replace("a/b.cc", "a/c.cc"), "a/c.cc"),
                             (GOOD.replace("`RefusesIt` `a/b.cc`", "by hand"), "names neither"),
                             (GOOD + "| V1.1.2 | x | `a/b.cc` |\n", "already"),
                             (GOOD + "| V9.9.9 | x | `a/b.cc` |\n", "no such line"),
                             (GOOD.replace("| T3 |", "| T1 |"), "T3 is not answered")):
            found = check(fault)
            self.assertTrue(any(words in each for each in found), (words, found))


if __name__ == "__main__":
    unittest.main()
