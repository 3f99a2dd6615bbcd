#!/usr/bin/env python3
"""B-10: whatever is given to an option, the command line ends with the code of wrong use, and repeats nothing.

The options are those that the help pages name, so a new one is tried too.
"""
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import product

VALUES = ("-1", "99999999999999999999999", "0x10", "1e9", "--", "$(id)", "canarino\nRSSMRA80A01H501U",
          "è" * 2000, "../../etc/passwd")
NUMBER = re.compile(r"\bNUMERO\b")
EVERYWHERE = ("--data", "--passphrase-file", "--format", "--quiet", "--confirm-clock", "--operator")


def run(*words, folder):
    done = subprocess.run([product.BINARY, *words], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, cwd=folder, timeout=60)
    return done.returncode, done.stdout + done.stderr


def verbs(folder):
    """Every verb with its options, those of two words too; each option and whether it takes a number."""
    def commands(text):
        part = re.split(r"\nComandi:\n", text)
        return re.findall(r"^  ([a-z-]+)", part[1].split("\n\n")[0], re.M) if len(part) > 1 else []

    def add(words):
        text = run(*words, "--help", folder=folder)[1]
        inner = commands(text)
        for each in inner:
            yield from add((*words, each))
        if words and not inner:
            found = re.findall(r"^  (?:-\w,)?(--[a-z-]+)(.*)$", text, re.M)
            yield words, [(name, NUMBER.search(rest) is not None) for name, rest in found
                          if name not in ("--help", "--version")]
    yield from add(())


def judge(job):
    words, option, is_number, value, folder = job
    code, said = run(*words, option, value, folder=folder)
    if code < 0 or code not in range(1, 9):
        return "%s %s: exit code %d" % (" ".join(words), option, code)
    if is_number and code != 2:
        return "%s %s takes %r" % (" ".join(words), option, value)
    if "RSSMRA80A01H501U" in said or "$(id)" in said:
        return "%s %s repeats what was typed: %s" % (" ".join(words), option, said[:200])
    return None


def main():
    with tempfile.TemporaryDirectory() as folder:
        found = list(verbs(folder))
        jobs = [(words, option, is_number, value, folder) for words, options in found
                for option, is_number in options for value in VALUES
                if option not in EVERYWHERE or words == ("report",)]
        numbers = {option for _, options in found for option, is_number in options if is_number}
        assert len(found) > 25 and len(jobs) > 500 and len(numbers) > 4, (found, len(jobs), numbers)
        with ThreadPoolExecutor(2) as pool:
            faults = [each for each in pool.map(judge, jobs) if each]
    assert not faults, "%d of %d\n%s" % (len(faults), len(jobs), "\n".join(faults[:30]))
    print("%d calls of %d verbs refused" % (len(jobs), len(found)))


if __name__ == "__main__":
    main()
