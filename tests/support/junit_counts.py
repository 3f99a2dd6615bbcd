"""junit_counts.py FILE: prints "passed failed skipped" of a JUnit file that ctest wrote.

A disabled test is the body of a child process that another test starts: it counts nowhere.
"""

import sys
import xml.etree.ElementTree as ElementTree


def main() -> int:
    suite = ElementTree.parse(sys.argv[1]).getroot()
    passed = failed = skipped = 0
    for case in suite.iter("testcase"):
        status = case.get("status")
        if status == "run":
            passed += 1
        elif status == "notrun":
            skipped += 1
        elif status == "disabled":
            continue
        else:
            failed += 1
    print(passed, failed, skipped)
    return 0


if __name__ == "__main__":
    sys.exit(main())
