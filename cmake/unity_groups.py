#!/usr/bin/env python3
"""Sorts the sources of a target into groups that can be compiled as one unit each.

usage: unity_groups.py MAX HEADER_FOLDER SOURCE...

Prints "N;SOURCE" for each source of a group. Two files of a group share no name of their unnamed
namespaces; a file that uses there a name which a header of HEADER_FOLDER or of the sources' folders
declares, too, stands alone and is not printed. Declarations of a namespace start in the first column
(clang-format sees to that), so that no parser is needed.
"""
import pathlib
import re
import sys

DECLARED = re.compile(
    r"^(?:template <[^>]*> *)?(?:(?:struct|class|union|enum class|enum) (\w+)[^;(]*[{:]"
    r"|using (\w+) ="
    r"|(?:[\w:<>,&*\[\]~ ]+?[ &*>])?(\w+)(?:\(|\[| =|\{|;))"
)
KEYWORDS = {"namespace", "return", "if", "for", "else", "static_assert", "using", "TEST", "TEST_F", "TEST_P",
            "INSTANTIATE_TEST_SUITE_P", "RC_GTEST_PROP", "RC_GTEST_FIXTURE_PROP", "operator", "public", "private"}


def declared(lines):
    """Names that these lines declare in the first column."""
    names = set()
    for line in lines:
        if not re.match(r"[A-Za-z_]", line):
            continue
        found = DECLARED.match(line)
        if found:
            name = next(group for group in found.groups() if group)
            if name not in KEYWORDS:
                names.add(name)
    return names


def unnamed(text):
    """Lines within the unnamed namespaces of a file."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.startswith("namespace {"):
            inside = True
        elif line.startswith("}  // namespace"):
            inside = False
        elif inside:
            lines.append(line)
    return lines


def groups_of(files, of_headers, largest):
    """Each file into the first group that has room and none of its names."""
    groups = []
    for path in files:
        text = path.read_text(encoding="utf-8")
        names = declared(unnamed(text)) | set(re.findall(r"^#define (\w+)", text, re.M))
        if names & of_headers:
            continue
        for members, taken in groups:
            if len(members) < largest and not names & taken:
                break
        else:
            members, taken = [], set()
            groups.append((members, taken))
        members.append(path)
        taken |= names
    return [members for members, _ in groups]


def main():
    largest, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = [pathlib.Path(name) for name in sys.argv[3:]]
    of_headers = set()
    for header in {h for f in {folder, *(path.parent for path in files)} for h in f.glob("*.h")}:
        of_headers |= declared(header.read_text(encoding="utf-8").splitlines())
    for number, members in enumerate(groups_of(files, of_headers, largest)):
        for path in members:
            print(f"{number};{path}")


main()
