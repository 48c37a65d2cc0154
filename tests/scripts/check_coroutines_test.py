"""Tests of scripts/check_coroutines.py."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'scripts'))

import check_coroutines  # noqa: E402


def findings(*lines, said=()):
    return [(line, text.split(':')[0]) for line, text in
            check_coroutines.check('\n'.join(lines), said)]


def in_task(*lines):
    found = findings('Task<Done> f() {', *lines, '}')
    return [(line - 1, text) for line, text in found]


LAMBDA = 'co_await in one expression with a lambda with captures'
QUESTION = 'co_await in one expression with ?'
LIST = 'co_await in a braced list'
LAMBDA_COROUTINE = 'a lambda coroutine with captures'


class FullExpressions(unittest.TestCase):
    def test_a_lambda_with_captures_beside_co_await(self):
        self.assertEqual(in_task('co_await wait([&] { return done_; });'), [(1, LAMBDA)])
        self.assertEqual(in_task('HITCH_CO_CHECK(co_await wait(kTuple, [this]() { stop(); }));'),
                         [(1, LAMBDA)])

    def test_a_named_lambda_is_fine(self):
        self.assertEqual(in_task('const auto is_done = [&] { return done_; };',
                                 'co_await wait(is_done);'), [])

    def test_a_lambda_without_captures_is_fine(self):
        self.assertEqual(in_task('co_await wait([](int x) { return x ? 1 : 2; });'), [])

    def test_a_conditional_beside_co_await(self):
        self.assertEqual(in_task('const auto x = co_await (a ? b() : c());'), [(1, QUESTION)])
        self.assertEqual(in_task('co_return (co_await a()) ? 1 : 2;'), [(1, QUESTION)])

    def test_a_conditional_in_the_statement_around_is_fine(self):
        self.assertEqual(in_task('if (a ? b : c) co_await d();',
                                 'const int e = a ? b : c;', 'co_await g(e);',
                                 'while (co_await h()) i(a ? b : c);',
                                 'for (;;) { j(a ? b : c); co_await k(); }'), [])

    def test_a_conditional_within_the_condition_is_not(self):
        self.assertEqual(in_task('while (co_await h(a ? b : c)) i();'), [(1, QUESTION)])

    def test_a_braced_list_around_co_await(self):
        self.assertEqual(in_task('const Pair p{1, co_await a()};'), [(1, LIST)])
        self.assertEqual(in_task('f({co_await a()});'), [(1, LIST)])

    def test_blocks_are_no_lists(self):
        self.assertEqual(in_task('if (a) {', 'co_await b();', '} else {', 'co_await c();', '}',
                                 'do { co_await d(); } while (e);',
                                 'switch (g) { case G::kOne: co_await h(); break; }'), [])

    def test_text_and_comments_do_not_count(self):
        self.assertEqual(in_task('co_await say("why? [&] {");  // why ? [&] { because : }'), [])


class LambdaCoroutines(unittest.TestCase):
    def test_captures_are_refused(self):
        self.assertEqual(in_task('const auto g = [this]() -> Task<Done> { return h(); };'),
                         [(1, LAMBDA_COROUTINE)])
        self.assertEqual(in_task('const auto g = [x] { co_return x; };'), [(1, LAMBDA_COROUTINE)])

    def test_no_captures_are_fine(self):
        self.assertEqual(in_task('const auto g = [](int x) -> Task<Done> { co_return Done{}; };'),
                         [])

    def test_what_looks_like_a_lambda_is_none(self):
        self.assertEqual(
            in_task('const auto [ec, n] = co_await read();', 'co_await write(names[i]);',
                    '[[maybe_unused]] const auto& [a] = co_await b();', 'int c[4] = {};',
                    'auto&& [d, e] = co_await g();'), [])


class Parameters(unittest.TestCase):
    def test_a_reference_is_refused(self):
        self.assertEqual(findings('Task<Done> f(int a, const std::string& b);'),
                         [(1, 'f')])
        self.assertEqual(findings('asio::awaitable<void> Group::carry(Task<Done>&& task) {}'),
                         [(1, 'carry')])

    def test_values_and_pointers_are_fine(self):
        self.assertEqual(
            findings('Task<std::map<int, A>> f(const B* b, std::function<void(const C&)> c);'), [])

    def test_the_comment_may_say_what_outlives_the_task(self):
        header = '/// `names` outlives the task.\nTask<Done> f(const Names& names);\n'
        said = set(check_coroutines.documented([header]))
        self.assertEqual(said, {'f'})
        self.assertEqual(findings('Task<Done> A::f(const Names& names) {}', said=said), [])


class Calls(unittest.TestCase):
    def test_detached_is_refused(self):
        self.assertEqual(findings('asio::co_spawn(loop, f(), asio::detached);',
                                  'co_spawn(loop, f(), detached);', 'if (options.detached) g();'),
                         [(1, 'detached'), (2, 'detached')])

    def test_throw_if_cancelled_stays_on(self):
        self.assertEqual(in_task('co_await this_coro::throw_if_cancelled(false);',
                                 'co_await this_coro::throw_if_cancelled();'),
                         [(1, 'throw_if_cancelled(false)')])


class ThisTree(unittest.TestCase):
    def test_keeps_the_rules(self):
        self.assertEqual(check_coroutines.main(), 0)


if __name__ == '__main__':
    unittest.main()
