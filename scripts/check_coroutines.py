#!/usr/bin/env python3
"""Rules on coroutines, some of them against defects of g++ 12: check_coroutines.py

- `detached`: nobody would stop the coroutine or see its error. A TaskGroup spawns.
- A lambda coroutine with captures: these die with the lambda, at the first co_await.
- co_await in one full expression with a lambda with captures or with `?:`: g++ 12 destroys the
  temporary twice. Name it on the line above.
- co_await within a braced list: the same.
- A coroutine's reference parameter: its argument may be gone after the first co_await. A pointer
  says that at the call; else the comment of the declaration has to say what `outlives` the task.
- throw_if_cancelled(false): the next wait would run its full time.
"""

import re
import sys

from cpp_source import bracket_pairs, code_only, line_of, report, source_files, word_before

_TASK = r'\b(?:Task|awaitable)\s*<'
_CONDITIONS = ('if', 'while', 'for', 'switch', 'catch', 'constexpr')
_NO_SUBSCRIPT = ('return', 'co_return', 'co_await', 'co_yield', 'case', 'else', 'do')


def is_lambda(code, place):
    """Whether the '[' at `place` begins a lambda."""
    before = code[:place].rstrip()
    if code[place:place + 2] == '[[' or before.endswith('['):
        return False  # an attribute
    word = word_before(code, place)
    if word:
        return word in _NO_SUBSCRIPT
    if re.search(r'\bauto\s*&{1,2}$', before[-20:]):
        return False  # a structured binding
    return not before.endswith((')', ']', '>', '"'))


def lambda_body(code, pairs, place):
    """Where the body of the lambda at `place` opens, and the text between its ']' and there."""
    after = pairs[place] + 1
    found = re.compile(r'[^;{}]*?\{').match(code, after)
    return (found.end() - 1, found.group()) if found else (None, '')


def lambdas(code, pairs):
    """(place, captures, head, body) of each lambda."""
    for match in re.finditer(r'\[', code):
        place = match.start()
        if place in pairs and is_lambda(code, place):
            opened, head = lambda_body(code, pairs, place)
            if opened in pairs:
                captures = code[place + 1:pairs[place]].strip()
                yield place, captures, head, (opened, pairs[opened])


def is_block(code, pairs, place, lambda_bodies):
    """Whether the '{' at `place` opens statements and not a list."""
    if place in lambda_bodies:
        return True
    before = code[:place].rstrip()
    if before.endswith((';', '{', '}', ')', ':')) or not before:
        return not before.endswith('::')
    if before.endswith(('(', ',', '=', '<', '>', '&&', '||', '?')):
        return False
    if word_before(code, place) in ('else', 'do', 'try', 'const', 'noexcept', 'override', 'final'):
        return True
    head = re.split(r'[;{}]', before)[-1]
    return bool(re.match(r'\s*(inline\s+)?(namespace|class|struct|union|enum|extern)\b', head))


def start_of_expression(code, pairs, place, lambda_bodies):
    """Where the full expression around `place` begins."""
    while place > 0:
        place -= 1
        char = code[place]
        if char == ';':
            return place + 1
        if char in ')]}':
            opened = pairs.get(place, 0)
            if char == '}' and opened not in lambda_bodies and \
                    is_block(code, pairs, opened, lambda_bodies):
                return place + 1
            if char == ')' and word_before(code, opened) in _CONDITIONS:
                return place + 1
            place = opened
        elif char == '(' and word_before(code, place) in _CONDITIONS:
            return place + 1
        elif char == '{' and is_block(code, pairs, place, lambda_bodies):
            return place + 1
        elif char == ':' and re.search(r'\bcase [^;{}?]*$|\bdefault\s*$', code[:place][-80:]):
            return place + 1
    return 0


def end_of_expression(code, pairs, place, start):
    """Where the full expression that began at `start` ends."""
    while place < len(code):
        char = code[place]
        if char == ';':
            return place
        if char in '([{':
            place = pairs.get(place, len(code))
        elif char in ')]}' and pairs.get(place, 0) < start:
            return place
        place += 1
    return place


def check_awaits(code, pairs, found_lambdas):
    bodies = {body[0] for _, _, _, body in found_lambdas}
    for match in re.finditer(r'\bco_await\b', code):
        place = match.start()
        start = start_of_expression(code, pairs, place, bodies)
        end = end_of_expression(code, pairs, match.end(), start)
        expression = list(code[start:end])
        for at, captures, _, (opened, closed) in found_lambdas:
            if start <= at < end:
                if captures:
                    yield place, 'co_await in one expression with a lambda with captures: name it'
                expression[opened - start:closed - start] = ' ' * (closed - opened)
        if '?' in expression:
            yield place, 'co_await in one expression with ?: name it on the line above'
        for opened, closed in pairs.items():
            if start <= opened < place < closed and code[opened] == '{' and opened not in bodies:
                yield place, 'co_await in a braced list: name it on the line above'


def check_lambdas(code, found_lambdas):
    for place, captures, head, (opened, closed) in found_lambdas:
        if not captures:
            continue
        inner = [body for at, _, _, body in found_lambdas if opened < at < closed]
        own = ''.join(char for at, char in enumerate(code[opened:closed], opened)
                      if not any(first <= at <= last for first, last in inner))
        if re.search(_TASK, head.split('->')[-1] if '->' in head else '') or \
                re.search(r'\bco_(await|return|yield)\b', own):
            yield place, 'a lambda coroutine with captures: make it a named function'


def split_parameters(text):
    """The parameters of a list, split at its own commas; and what of each is on its own level."""
    depth, current, parameters = 0, '', []
    for char in text:
        if char in ')]}>':
            depth -= 1
        if char == ',' and depth == 0:
            parameters.append(current)
            current = ''
        elif depth == 0:
            current += char
        if char in '([{<':
            depth += 1
    return [*parameters, current]


def coroutines(code, pairs):
    """(place, name, parameters) of each declaration of a function that returns a Task."""
    for match in re.finditer(_TASK, code):
        depth, place = 1, match.end()
        while depth and place < len(code):
            depth += {'<': 1, '>': -1}.get(code[place], 0)
            place += 1
        named = re.compile(r'\s+((?:\w+::)*)(\w+)\s*\(').match(code, place)
        if named and named.end() - 1 in pairs:
            yield match.start(), named.group(2), code[named.end():pairs[named.end() - 1]]


def comment_above(text, place):
    """The lines of comment right above the line of `place`, and that line."""
    lines = text[:text.find('\n', place)].split('\n')
    kept = [lines.pop()]
    while lines and lines[-1].strip().startswith('//'):
        kept.append(lines.pop())
    return '\n'.join(kept)


def documented(texts):
    """Names of coroutines a declaration of which says what outlives the task."""
    for text in texts:
        code = code_only(text)
        for place, name, _ in coroutines(code, bracket_pairs(code)):
            if re.search(r'\boutlives?\b', comment_above(text, place)):
                yield name


def check_parameters(code, pairs, said):
    for place, name, parameters in coroutines(code, pairs):
        if name not in said and any('&' in one for one in split_parameters(parameters)):
            yield place, f'{name}: a coroutine takes no references, or says what outlives it'


def check(text, said=()):
    """Findings in one file, as (line, text). `said`: coroutines that may take references."""
    code = code_only(text)
    pairs = bracket_pairs(code)
    found_lambdas = list(lambdas(code, pairs))
    findings = [*check_awaits(code, pairs, found_lambdas), *check_lambdas(code, found_lambdas),
                *check_parameters(code, pairs, said)]
    for match in re.finditer(r'\basio::detached\b|\bco_spawn\s*\([^;]*\bdetached\b', code):
        findings.append((match.start(), 'detached: let a TaskGroup spawn it'))
    for match in re.finditer(r'\bthrow_if_cancelled\s*\(\s*false\b', code):
        findings.append((match.start(), 'throw_if_cancelled(false): leave when cancelled'))
    return sorted({(line_of(code, place), what) for place, what in findings})


def main():
    texts = {path: path.read_text(encoding='utf-8') for path in source_files('src', 'tests')}
    said = set(documented(texts.values()))
    return report([(path, line, what) for path, text in texts.items()
                   for line, what in check(text, said)])


if __name__ == '__main__':
    sys.exit(main())
