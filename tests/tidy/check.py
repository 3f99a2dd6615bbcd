#!/usr/bin/env python3
"""tests/tidy/check.py: reads every source file and refuses what the style and the layers forbid.

    check.py [ROOT]     prints "path:line: rule: message" for each finding; exit code 1 if any

The rules are mechanical: what a person has to judge is left to review. check_test.py plants a
violation of every rule and demands that it is found.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cpp_text import functions, strip_comments_and_strings

MODULES = ["base", "schema", "crypto", "store", "proofs", "cases", "projections",
           "disclosure", "keeping", "api", "ops"]
# What each module may include besides itself; cases and projections never meet.
LAYERS = {
    "base": set(),
    "schema": {"base"},
    "crypto": {"base", "schema"},
    "store": {"base", "schema", "crypto"},
    "proofs": {"base", "schema", "crypto", "store"},
    "cases": {"base", "schema", "crypto", "store"},
    "projections": {"base", "schema", "crypto", "store"},
    "disclosure": {"base", "schema", "crypto", "store", "cases", "projections"},
    "keeping": {"base", "schema", "crypto", "store", "proofs", "cases", "projections"},
    "api": {"base", "schema", "crypto", "store", "proofs", "cases", "projections", "disclosure",
            "keeping"},
    "ops": set(MODULES),
}
OUTSIDE = {"tests", "benchmarks"}  # may include everything

# Third-party header prefix -> the files that may include it (regular expressions on the path).
LIBRARIES = {
    "rocksdb/": [r"store/.*\.cc", r"(projections|keeping)/.*\.cc", r"crypto/vault\w*\.cc",
                 r"crypto/(encrypted_env|table_files)\.cc"],
    "sodium": [r"crypto/.*\.cc"],
    "openssl/": [r"crypto/.*\.cc", r"api/(tls|ocsp_staple)\.cc", r"proofs/(time_stamp|outbound)\.cc"],
    "p11-kit/": [r"crypto/token\.cc"],
    "liboath/": [r"crypto/totp\.cc"],
    "zip.h": [r"disclosure/package\.cc"],
    "boost/outcome": [r"base/result\.h"],
    "boost/pfr": [r"cases/canonical\.cc"],
    "boost/json": [r"ops/.*\.cc", r"cases/(questionnaire|json_text)\.cc", r"(api|disclosure|proofs|keeping)/.*\.cc"],
    "boost/": [r"api/.*\.cc", r"proofs/outbound\.cc"],
    "CLI/": [r"ops/.*\.cc"],
    "date/": [r"base/local_time\.cc"],
    "fmt/": [r"\w+/.*\.cc"],
    "capnp/": [r"(schema|proofs|cases|projections|disclosure|keeping|api|ops)/.*\.(cc|h)"],
    "kj/": [r"(schema|proofs|cases|projections|disclosure|keeping|api|ops)/.*\.(cc|h)"],
    "prometheus/": [r"ops/.*\.cc"],
    "libpq-fe.h": [],
    "gtest/": [],
    "gmock/": [],
    "rapidcheck": [],
    "benchmark/": [],
}

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

# Words that a comment or a string may hold, but code may not.
FORBIDDEN_CODE = [
    ("new", r"\bnew\b", "use make_unique or a value"),
    ("delete", r"\bdelete\b", "owners free what they own"),
    ("using-namespace", r"\busing\s+namespace\b(?! (std::[\w:]*literals|cartella::[\w:]*testing)\b)", "name what is used"),
    ("detach", r"[.>]\s*detach\s*\(", "a thread has an owner that joins it"),
    ("getter", r"(?<![.>:\w])get_\w+\s*\(\s*\)", "a noun, without get_"),
    ("random", r"\b(std::rand|srand)\b", "use crypto::random_fill, or a seeded engine in tests"),
]
# A snapshot that nobody changes may be shared, and so may the promise of a job that is copied.
SHARED_POINTER = re.compile(r"\b(shared_ptr|make_shared)\b(?!<(const |std::promise<))")
# RocksDB hands out its caches, filters, loggers and environments as shared_ptr; sessions share theirs.
SHARED_POINTER_ALLOWED = [r"api/(session\w*|http|listener|server|changes|shares)\.(h|cc)", r"cases/executor\.cc",
                          r"crypto/encrypted_env\.cc", r"crypto/table_files\.(h|cc)",
                          r"crypto/vault\w*\.cc", r"store/file_checksum\.h",
                          r"store/.*\.cc", r"projections/.*\.cc", r"tests/.*", r"benchmarks/.*"]
WALL_CLOCK = re.compile(r"\b(system_clock|gettimeofday)\b|\btime\(\s*(nullptr|NULL|0)\s*\)")
WALL_CLOCK_ALLOWED = [r"base/clock\.cc", r"benchmarks/.*"]
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b")
SLEEP_ALLOWED = [r"benchmarks/.*", r"tests/integration/.*"]  # integration waits for processes
THREAD_START = re.compile(r"\bstd::j?thread\b(?!::)")
# One gate (architecture.md 3): views about people are read for a viewer in these files of api alone.
VIEW_READER = re.compile(r"\b(?:views|projections)::(?:(?:read|find|each|cases|cards|people|benefits|caseload|"
                         r"person|case|card)_\w+|make_report)\s*\(")
VIEW_READER_ALLOWED = [r"api/gated\w*\.cc"]
CONFIGURATION_READER = re.compile(r"\b(?:read_organisation|case_state_label)\b")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
LOCAL_PATH = re.compile(r"(?<![\w.])/(work|tm" r"p|home)/")

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


def matches(path: str, patterns: list[str]) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in patterns)


def check_includes(path: str, lines: list[str]) -> list[Finding]:
    module = path.split("/")[0]
    findings = []
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if not include or module in OUTSIDE:
            continue
        quoted, target = include.group(1) == '"', include.group(2)
        other = target.split("/")[0]
        if quoted and other in MODULES:
            if other != module and other not in LAYERS.get(module, set()):
                findings.append(Finding(path, number, "layers", f"{module} includes {target}"))
        elif quoted:
            findings.append(Finding(path, number, "include-path", f"{target} is not a full path"))
        else:
            findings += check_library(path, number, target)
    return findings


def check_library(path: str, number: int, target: str) -> list[Finding]:
    for prefix, allowed in LIBRARIES.items():
        if target.startswith(prefix):
            if matches(path, allowed):
                return []
            return [Finding(path, number, "library", f"<{target}> is not for {path}")]
    if "/" in target and not re.match(r"(sys|linux|netinet|arpa)/", target):
        return [Finding(path, number, "library", f"<{target}> is in no list of tests/tidy")]
    return []


def check_header(path: str, lines: list[str]) -> list[Finding]:
    opening = []
    for line in lines:
        if not line.startswith("//"):
            break
        opening.append(line)
    findings = []
    if not opening or not opening[0].startswith(f"// {path}: "):
        findings.append(Finding(path, 1, "opening", f"does not open with '// {path}: ...'"))
    if not any("Threads:" in line for line in opening):
        findings.append(Finding(path, 1, "threads", "the opening comment has no 'Threads:'"))
    if "#pragma once" not in lines:
        findings.append(Finding(path, 1, "pragma-once", "no #pragma once"))
    return findings


def check_code(path: str, code: list[str]) -> list[Finding]:
    findings = []

    def add(number: int, rule: str, message: str) -> None:
        findings.append(Finding(path, number, rule, message))

    for number, line in enumerate(code, 1):
        if INCLUDE.match(line):
            continue
        plain = re.sub(r"=\s*delete\b", "", line)
        # A private constructor keeps make_unique out; the owner stands on the same line. Placement
        # constructs in memory that someone else owns.
        plain = re.sub(r"\bstd::unique_ptr<([\w:]+)>(\s\w+)?\(new \1[({]", "", plain)
        plain = re.sub(r"\bnew \((?=\w)", "", plain)
        for rule, pattern, message in FORBIDDEN_CODE:
            if re.search(pattern, plain):
                add(number, rule, message)
        if SHARED_POINTER.search(line) and not matches(path, SHARED_POINTER_ALLOWED):
            add(number, "shared-ptr", "one owner; see SHARED_POINTER_ALLOWED")
        if WALL_CLOCK.search(line) and not matches(path, WALL_CLOCK_ALLOWED):
            add(number, "clock", "the clock is injected: base/clock.h")
        reader = VIEW_READER.search(line)
        if (path.startswith("api/") and reader and not CONFIGURATION_READER.search(reader.group())
                and not matches(path, VIEW_READER_ALLOWED)):
            add(number, "gate", "views are read in api/gated*.cc, where visible() judges")
        if SLEEP.search(line) and not matches(path, SLEEP_ALLOWED):
            add(number, "sleep", "wait for a condition")
    return findings


def check_sizes(path: str, lines: list[str], code: list[str]) -> list[Finding]:
    findings = []
    if len(lines) > FILE_LINES_MAX:
        findings.append(Finding(path, len(lines), "file-size", f"{len(lines)} lines"))
    for function in functions(code):
        if function.lines > FUNCTION_LINES_MAX:
            findings.append(Finding(path, function.start, "function-size",
                                    f"{function.name} has {function.lines} lines"))
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and 'R"' not in line and "http" not in line:
            findings.append(Finding(path, number, "columns", f"{len(line)} columns"))
    return findings


def check_text(path: str, lines: list[str]) -> list[Finding]:
    findings = []
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            findings.append(Finding(path, number, "unfinished", "do it, or leave it out"))
        if LOCAL_PATH.search(line):
            findings.append(Finding(path, number, "local-path", "a path of one machine"))
    return findings


def check_cpp(path: str, text: str) -> list[Finding]:
    lines = text.splitlines()
    code = strip_comments_and_strings(text).splitlines()
    findings = check_text(path, lines) + check_sizes(path, lines, code)
    findings += check_includes(path, lines) + check_code(path, code)
    if path.endswith(".h"):
        findings += check_header(path, lines)
    return findings


def check_other(path: str, text: str) -> list[Finding]:
    lines = text.splitlines()
    findings = check_text(path, lines)
    if len(lines) > FILE_LINES_MAX and path.endswith((".py", ".sh", ".ts", ".cmake")):
        findings.append(Finding(path, len(lines), "file-size", f"{len(lines)} lines"))
    return findings


def check_threads_page(sources: dict[str, str], page: str) -> list[Finding]:
    """Every file of the product that starts a thread is named in docs/threads.md."""
    findings = []
    for path, text in sources.items():
        named = re.sub(r"\.h$", ".cc", path)  # the page names the file that runs it
        if path.split("/")[0] not in MODULES or named in page or path in page:
            continue
        for number, line in enumerate(strip_comments_and_strings(text).splitlines(), 1):
            if THREAD_START.search(line):
                findings.append(Finding(path, number, "threads-page", "not in docs/threads.md"))
                break
    return findings


def check_errors_page(result_header: str, page: str) -> list[Finding]:
    """Every Errc has its row in docs/errors.md."""
    body = re.search(r"enum class Errc \{(.*?)\};", result_header, re.S)
    codes = re.findall(r"^\s*(\w+),", body.group(1), re.M) if body else []
    if not codes:
        return [Finding("base/result.h", 1, "errors-page", "no enumerators of Errc were found")]
    return [Finding("docs/errors.md", 1, "errors-page", f"{code} has no row")
            for code in codes if f"| `{code}` |" not in page]


def check_retention_page(registry: str, page: str) -> list[Finding]:
    """Every retention category that an event type declares is explained in docs/retention.md."""
    entries = re.findall(r"TypeInfo\{EventType::\w+,[^{}]*?KeyDomain::\w+,\s*\"(\w+)\"", registry)
    if not entries:
        return [Finding("schema/event_types.cc", 1, "retention-page", "no event types were found")]
    return [Finding("docs/retention.md", 1, "retention-page", f"{category} has no row")
            for category in sorted(set(entries)) if f"| `{category}` |" not in page]


def tracked_files(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(path for path in set(listed) if (root / path).is_file())


def check_tree(root: Path) -> list[Finding]:
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    for path in tracked_files(root):
        if path.startswith("tests/golden/"):
            continue
        if path.endswith((".h", ".cc")):
            sources[path] = (root / path).read_text(encoding="utf-8")
            findings += check_cpp(path, sources[path])
        elif path.endswith((".py", ".sh", ".ts", ".cmake", ".capnp", "CMakeLists.txt")) or (
                path.startswith(("ops/", "tests/", ".ci/", "benchmarks/")) and "." not in Path(path).name):
            findings += check_other(path, (root / path).read_text(encoding="utf-8"))

    def page(name: str) -> str:
        path = root / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    findings += check_threads_page(sources, page("docs/threads.md"))
    findings += check_errors_page(sources.get("base/result.h", ""), page("docs/errors.md"))
    findings += check_retention_page(sources.get("schema/event_types.cc", ""),
                                     page("docs/retention.md"))
    return findings


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
