"""tests/tidy/cpp_text.py: what check.py needs to know of C++: text without comments, and functions.

The measure of functions trusts clang-format: it follows braces and looks at what stands before each.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"'
    r"|\"(?:\\.|[^\"\\\n])*\"|(?<![\w'])'(?:\\.|[^'\\\n])+'", re.S)


def strip_comments_and_strings(text: str) -> str:
    """Blanks comments, strings and characters; keeps every line where it is, and #include lines."""

    def blank(token: re.Match) -> str:
        found = token.group(0)
        if found.startswith('"') and re.search(r"#\s*include\s+$", text[:token.start()][-40:]):
            return found
        newlines = "\n" * found.count("\n")
        return newlines if found.startswith(("//", "/*")) else '""' + newlines

    return TOKEN.sub(blank, text)


@dataclass(frozen=True)
class Function:
    name: str
    start: int
    lines: int


SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
FUNCTION_END = re.compile(
    r"\)\s*(const|noexcept(\s*\([^()]*\))?|override|final|mutable|&&?|->\s*[^=;]+|requires\s.+)*\s*$"
    r"|\)\s*(noexcept\s*)?:[^:].*$", re.S)


def is_function(statement: str) -> bool:
    statement = re.sub(r"template\s*<[^{}]*?>\s*(?=\w)", "", statement.strip())
    if not FUNCTION_END.search(statement) or re.search(r"[=,(]\s*$", statement):
        return False
    return not re.match(r"(namespace|enum)\b", statement)


def is_scope(statement: str) -> bool:
    return bool(SCOPE.search(statement)) and not is_function(statement)


def name_of(statement: str) -> str:
    test = re.search(r"\b((?:TEST|TEST_F|TEST_P|RC_GTEST_PROP|BENCHMARK\w*)\s*\([^)]*\))", statement)
    if test:
        return " ".join(test.group(1).split())
    called = re.search(r"([\w:~]+|operator\s*\S+)\s*\(", statement)
    return called.group(1) if called else "?"


def functions(code: list[str]) -> list[Function]:
    """Every function body outside of other functions, from its first line to its closing brace."""
    found: list[Function] = []
    stack: list[str] = []  # scope, function or other
    statement, statement_line = "", 0
    after_brace = False
    open_at = ("", 0)
    for number, line in enumerate(code, 1):
        if line.lstrip().startswith("#"):
            continue
        for char in line + "\n":
            inside = "function" in stack or "other" in stack
            if after_brace and not char.isspace():
                # A brace that closed an initialiser is followed by more of the same statement.
                if char not in ",{;)":
                    statement, statement_line = "", 0
                after_brace = False
            if char == "{":
                if inside:
                    stack.append("nested")
                elif is_scope(statement):
                    stack.append("scope")
                    statement, statement_line = "", 0
                elif is_function(statement):
                    stack.append("function")
                    open_at = (name_of(statement), statement_line or number)
                else:
                    stack.append("other")
            elif char == "}":
                kind = stack.pop() if stack else "other"
                if kind == "function":
                    found.append(Function(open_at[0], open_at[1], number - open_at[1] + 1))
                if kind == "scope":
                    statement, statement_line = "", 0
                elif kind in ("function", "other"):
                    after_brace = True
            elif not inside:
                if char == ";":
                    statement, statement_line = "", 0
                else:
                    if not statement_line and not char.isspace():
                        statement_line = number
                    statement += char
    return found
