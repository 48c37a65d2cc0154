"""What the checks of this folder know about C++ text: enough for this code base, no parser."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_NOT_CODE = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'  # a raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"  # not the ' in 1'000
    r'|//(?:\\\n|[^\n])*'
    r'|/\*.*?\*/', re.DOTALL)
_OPENS, _CLOSES = '([{', ')]}'


def code_only(text):
    """The same text with comments and the insides of literals blanked: places stay what they were."""
    def blank(match):
        found = match.group()
        kept = {'"': '"', "'": "'", 'R': '"'}.get(found[0])
        blanked = re.sub(r'[^\n]', ' ', found)
        return blanked if kept is None else kept + blanked[1:-1] + kept
    return _NOT_CODE.sub(blank, text)


def line_of(text, place):
    return text.count('\n', 0, place) + 1


def bracket_pairs(code):
    """Where each bracket has its partner, for (), [] and {}. One without a partner is not in it."""
    pairs, waiting = {}, []
    for place, char in enumerate(code):
        if char in _OPENS:
            waiting.append(place)
        elif char in _CLOSES and waiting and _OPENS.index(code[waiting[-1]]) == _CLOSES.index(char):
            opened = waiting.pop()
            pairs[opened], pairs[place] = place, opened
    return pairs


def word_before(code, place):
    """The identifier that ends right before `place`, or ''."""
    return re.search(r'[A-Za-z0-9_]*$', code[:place].rstrip()[-100:]).group()


def source_files(*folders, suffixes=('.h', '.cc')):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob('*')):
            if path.suffix in suffixes and 'fixtures' not in path.parts:
                yield path


def report(findings):
    """Prints findings as FILE:LINE: TEXT, and returns the exit code."""
    for path, line, text in findings:
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f'{name}:{line}: {text}', file=sys.stderr)
    return 1 if findings else 0
