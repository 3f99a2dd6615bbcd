#!/usr/bin/env python3
"""tests/tidy/check_test.py: plants a violation of every rule of check.py and demands that it is found."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check  # noqa: E402
from cpp_text import functions, strip_comments_and_strings  # noqa: E402

HEADER = "// {path}: what it is.\n// Threads: any.\n#pragma once\n"


def rules(path: str, text: str) -> set[str]:
    return {finding.rule for finding in check.check_cpp(path, text)}


class Layers(unittest.TestCase):
    def test_refuses_every_step_to_the_right(self):
        for module in check.MODULES:
            for other in check.MODULES:
                found = "layers" in rules(f"{module}/x.cc", f'#include "{other}/y.h"\n')
                allowed = other == module or other in check.LAYERS[module]
                self.assertEqual(found, not allowed, (module, other))

    def test_cases_and_projections_never_meet(self):
        self.assertIn("layers", rules("cases/x.cc", '#include "projections/y.h"\n'))
        self.assertIn("layers", rules("projections/x.cc", '#include "cases/y.h"\n'))

    def test_refuses_a_relative_include(self):
        self.assertIn("include-path", rules("store/x.cc", '#include "journal.h"\n'))

    def test_lets_tests_include_everything(self):
        self.assertEqual(set(), rules("tests/unit/store/x_test.cc", '#include "ops/y.h"\n'))

    def test_judges_an_include_behind_spaces(self):
        self.assertIn("layers", rules("base/x.cc", '  #  include "ops/y.h"\n'))


class Libraries(unittest.TestCase):
    def test_refuses_a_library_outside_its_module(self):
        for path, header in [("cases/x.cc", "rocksdb/db.h"), ("crypto/hash.cc", "rocksdb/db.h"),
                             ("store/x.cc", "sodium.h"), ("ops/x.cc", "openssl/evp.h"),
                             ("store/x.h", "rocksdb/db.h"), ("base/x.h", "fmt/format.h"),
                             ("store/x.cc", "capnp/message.h"), ("base/x.cc", "boost/asio.hpp"),
                             ("ops/x.cc", "gtest/gtest.h"), ("ops/x.cc", "unheard/of.h")]:
            self.assertIn("library", rules(path, f"#include <{header}>\n"), (path, header))

    def test_lets_each_module_use_its_own(self):
        for path, header in [("store/x.cc", "rocksdb/db.h"), ("crypto/vault.cc", "rocksdb/db.h"),
                             ("crypto/hash.cc", "openssl/evp.h"), ("ops/x.cc", "CLI/CLI.hpp"),
                             ("base/x.cc", "vector"), ("store/x.cc", "sys/uio.h")]:
            self.assertNotIn("library", rules(path, f"#include <{header}>\n"), (path, header))


class Gate(unittest.TestCase):
    def test_refuses_a_view_read_outside_the_gate(self):
        for call in ["views::read_person(engine, id)", "projections::find_cards(engine, q)",
                     "views::make_report (engine, q)", "views::case_as_of(engine, id, at)"]:
            self.assertIn("gate", rules("api/handlers_x.cc", f"auto a = {call};\n"), call)

    def test_lets_the_gate_read_views_and_everybody_the_configuration(self):
        self.assertEqual(set(), rules("api/gated_x.cc", "auto a = views::read_person(engine, id);\n"))
        self.assertEqual(set(), rules("api/x.cc", "auto a = projections::read_organisation(e);\n"))
        self.assertEqual(set(), rules("api/x.cc", "auto a = views::case_state_label(s);\n"))


class Headers(unittest.TestCase):
    def test_accepts_a_good_header(self):
        self.assertEqual(set(), rules("store/x.h", HEADER.format(path="store/x.h")))

    def test_refuses_an_opening_that_names_another_file(self):
        self.assertIn("opening", rules("store/x.h", HEADER.format(path="store/y.h")))

    def test_refuses_a_missing_threads_line_and_guard(self):
        found = rules("store/x.h", "// store/x.h: what it is.\n")
        self.assertLessEqual({"threads", "pragma-once"}, found)


class Code(unittest.TestCase):
    PLANTED = [
        ("new", "auto* x = new Thing;"),
        ("delete", "delete x;"),
        ("using-namespace", "using namespace std;"),
        ("detach", "thread.detach();"),
        ("getter", "int get_size();"),
        ("shared-ptr", "std::shared_ptr<Thing> x;"),
        ("clock", "auto now = std::chrono::system_clock::now();"),
        ("clock", "auto now = time(nullptr);"),
        ("sleep", "std::this_thread::sleep_for(1s);"),
        ("random", "int x = std::rand();"),
    ]

    def test_refuses_each_forbidden_word(self):
        for rule, line in self.PLANTED:
            self.assertIn(rule, rules("cases/x.cc", line + "\n"), line)

    def test_does_not_read_comments_and_strings(self):
        for _, line in self.PLANTED:
            quoted = line.replace('"', "")
            self.assertEqual(set(), rules("cases/x.cc", f"// {quoted}\n"), line)
            self.assertEqual(set(), rules("cases/x.cc", f'auto s = "{quoted}";\n'), line)

    def test_reads_what_follows_a_comment_or_a_digit_separator(self):
        self.assertIn("new", rules("cases/x.cc", "/* a\nb */ auto* x = new T;\n"))
        self.assertIn("new", rules("cases/x.cc", "int n = 1'000; auto* x = new T; int m = 2'000;\n"))

    def test_lets_a_function_be_deleted(self):
        self.assertEqual(set(), rules("cases/x.cc", "Thing(const Thing&) = delete;\n"))

    def test_lets_an_owner_call_a_private_constructor(self):
        self.assertEqual(set(), rules("cases/x.cc", "return std::unique_ptr<A>(new A(b));\n"))
        self.assertIn("new", rules("cases/x.cc", "return std::unique_ptr<A>(new B(b));\n"))

    def test_refuses_unfinished_work_even_in_comments(self):
        self.assertIn("unfinished", rules("cases/x.cc", "// TO" "DO: later\n"))

    def test_refuses_a_path_of_one_machine(self):
        self.assertIn("local-path", rules("cases/x.cc", 'auto p = "/tm' 'p/x";\n'))


class Sizes(unittest.TestCase):
    @staticmethod
    def body(count: int) -> str:
        return "".join(f"  int x{i} = {i};\n" for i in range(count))

    def test_refuses_a_long_function_wherever_it_stands(self):
        long = self.body(70)
        for text in [f"void f() {{\n{long}}}\n",
                     f"namespace a {{\nvoid f(int b = 3) const {{\n{long}}}\n}}\n",
                     f"class A {{\n  A() : x_a{{1}}, x_b(2) {{\n{long}}}\n}};\n",
                     f"struct A {{\n  auto g() -> int {{\n{long}}}\n}};\n",
                     f"TEST(A, B) {{\n{long}}}\n",
                     f"template <class T>\nT f() {{\n{long}}}\n",
                     f"bool A::operator==(const A& o) {{\n{long}}}\n",
                     f"const int kA[] = {{1, 2}};\nvoid f() {{\n  if (x) {{\n{long}}}\n}}\n"]:
            self.assertIn("function-size", rules("cases/x.cc", text), text[:60])

    def test_accepts_a_function_at_the_limit(self):
        self.assertEqual(set(), rules("cases/x.cc", f"void f() {{\n{self.body(68)}}}\n"))

    def test_does_not_take_a_table_for_a_function(self):
        rows = "".join(f"    {{{i}, {i}}},\n" for i in range(90))
        self.assertEqual(set(), rules("cases/x.cc", f"constexpr Row kRows[] = {{\n{rows}}};\n"))

    def test_counts_each_function_of_a_class_alone(self):
        code = "class A {\n  int f() { return 1; }\n  int g() {\n    return 2;\n  }\n};\n"
        found = [(f.name, f.lines) for f in
                 functions(strip_comments_and_strings(code).splitlines())]
        self.assertEqual([("f", 1), ("g", 3)], found)

    def test_refuses_a_long_file_and_a_long_line(self):
        self.assertIn("file-size", rules("cases/x.cc", "int x;\n" * 501))
        self.assertIn("columns", rules("cases/x.cc", "int x" + "x" * 100 + ";\n"))


class Pages(unittest.TestCase):
    def test_refuses_a_thread_that_the_page_does_not_name(self):
        sources = {"store/x.cc": "std::thread worker;\n", "store/y.cc": "int x;\n"}
        self.assertEqual(1, len(check.check_threads_page(sources, "store/y.cc")))
        self.assertEqual([], check.check_threads_page(sources, "`store/x.cc`"))
        member = {"store/x.h": "std::thread x_thread;\n"}
        self.assertEqual(1, len(check.check_threads_page(member, "")))
        self.assertEqual([], check.check_threads_page(member, "`store/x.cc`"))

    def test_refuses_a_code_without_a_row(self):
        header = "enum class Errc {\n  corrupt,  // bad\n  io,\n};\n"
        page = "| `corrupt` | 500 |\n"
        self.assertEqual(["io has no row"],
                         [f.message for f in check.check_errors_page(header, page)])
        self.assertEqual(1, len(check.check_errors_page("", page)))

    def test_refuses_a_retention_category_without_a_row(self):
        registry = 'TypeInfo{EventType::a, "A", LeafKind::event, KeyDomain::none, "log", "x"}'
        self.assertEqual(1, len(check.check_retention_page(registry, "")))
        self.assertEqual([], check.check_retention_page(registry, "| `log` |"))


if __name__ == "__main__":
    unittest.main()
