"""Tests of scripts/check_includes.py."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'scripts'))

import check_includes  # noqa: E402


def wrong_includes(name, *lines):
    return [text for _, text in check_includes.check_rooms(name, '\n'.join(lines))]


class Rooms(unittest.TestCase):
    def test_a_room_sees_itself_and_what_the_table_allows(self):
        self.assertEqual(
            wrong_includes('src/runtime/ready/log.cc', '#include "runtime/ready/log.h"',
                           '#include "runtime/bundle/model.h"', '#include "introspect/tree.h"',
                           '#include "runtime/async/task.h"', '#include <vector>'), [])

    def test_what_the_table_lacks_is_refused_with_its_line(self):
        found = list(check_includes.check_rooms(
            'src/runtime/base/fd.cc', '\n#include "runtime/logs/store.h"\n'))
        self.assertEqual(found, [(2, 'base may not include "runtime/logs/store.h"')])

    def test_one_header_of_a_room_does_not_open_the_room(self):
        self.assertEqual(
            wrong_includes('src/runtime/ready/log.cc', '#include "runtime/bundle/load.h"'),
            ['ready may not include "runtime/bundle/load.h"'])
        self.assertEqual(
            wrong_includes('src/runtime/supervisor/x.cc', '#include "runtime/init/channel.h"',
                           '#include "runtime/init/wire.h"'),
            ['supervisor may not include "runtime/init/wire.h"'])

    def test_only_the_host_sees_a_supervisor(self):
        header = '#include "runtime/supervisor/bundle_run.h"'
        self.assertEqual(wrong_includes('src/runtime/host/host.cc', header), [])
        self.assertEqual(wrong_includes('src/cli/run_command.cc', header),
                         ['cli may not include "runtime/supervisor/bundle_run.h"'])

    def test_an_unknown_room_has_to_be_listed(self):
        self.assertIn("no room 'attic'", wrong_includes('src/runtime/attic/a.h')[0])

    def test_a_path_that_does_not_start_at_src_is_refused(self):
        self.assertEqual(wrong_includes('src/cli/main.cc', '#include "../base/fd.h"'),
                         ['"../base/fd.h" is not the path of a header from src/'])

    def test_libraries_stay_where_they_are_wrapped(self):
        self.assertEqual(wrong_includes('src/runtime/init/main.cc', '#include <boost/asio.hpp>'),
                         ['init may not use <boost/asio.hpp>: that is for async, network, ready, '
                          'control, supervisor, host'])
        self.assertEqual(wrong_includes('src/runtime/namespaces/seccomp.cc',
                                        '#include <seccomp.h>', '#include <linux/seccomp.h>'), [])

    def test_init_neither_throws_nor_catches(self):
        self.assertEqual(
            wrong_includes('src/runtime/init/main.cc', 'void f() { try { g(); } catch (...) {} }',
                           '// try this', 'const char* t = "throw";'),
            ['try: init has no exceptions', 'catch: init has no exceptions'])

    def test_public_headers_of_the_client_need_the_standard_library_alone(self):
        self.assertEqual(
            wrong_includes('src/runtime/client/hitch/client.h', '#include "runtime/base/fd.h"'),
            ['a public header includes "runtime/base/fd.h": the standard library alone'])


class Form(unittest.TestCase):
    def test_a_header_needs_pragma_once(self):
        self.assertEqual(list(check_includes.check_form('src/a/b.h', '#pragma once\n', False)), [])
        self.assertEqual(list(check_includes.check_form('src/a/b.h', 'int a;\n', False)),
                         [(1, 'a header without #pragma once')])

    def test_the_own_header_comes_first(self):
        good = '#include "cli/screen.h"\n\n#include <string>\n'
        bad = '#include <string>\n\n#include "cli/screen.h"\n'
        self.assertEqual(list(check_includes.check_form('src/cli/screen.cc', good, True)), [])
        self.assertEqual(list(check_includes.check_form('src/cli/screen.cc', bad, True)),
                         [(1, 'the own header comes first')])
        self.assertEqual(list(check_includes.check_form('src/cli/main.cc', bad, False)), [])


class Lengths(unittest.TestCase):
    def test_functions_are_found_with_their_lengths(self):
        text = '\n'.join([
            'namespace a {', 'class B : public C {', ' public:',
            '  B() : x_{1}, y_(2) {', '  }',
            '  int get() const noexcept { return x_; }', ' private:', '  int x_ = 0;', '};',
            'constexpr std::array kAll{1, 2};', 'template <class T>', 'int f(int x,',
            '      std::function<void()> g = {}) {', '  const auto h = [&] { return "}"; };',
            '}', 'TEST_F(Some, Test) {', '}', '}'])
        self.assertEqual(list(check_includes.functions(text)), [(4, 2), (6, 1), (11, 5), (16, 2)])

    def test_long_is_a_warning_and_very_long_a_failure(self):
        def lengths(lines):
            text = 'void f() {\n' + '  g();\n' * (lines - 2) + '}\n'
            return [fails for _, _, fails in check_includes.check_lengths(text)]
        self.assertEqual(lengths(60), [])
        self.assertEqual(lengths(61), [False])
        self.assertEqual(lengths(81), [True])

    def test_a_file_has_at_most_400_lines(self):
        self.assertEqual(list(check_includes.check_lengths('\n' * 400)), [])
        self.assertEqual(list(check_includes.check_lengths('\n' * 401)),
                         [(1, '401 lines: a file has at most 400', True)])


class ThisTree(unittest.TestCase):
    def test_keeps_the_rules(self):
        self.assertEqual(check_includes.main(), 0)


if __name__ == '__main__':
    unittest.main()
