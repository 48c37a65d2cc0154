#!/usr/bin/env python3
"""Makes hitch.yaml(5) of docs/bundle-file.md: make_man.py VERSION FILE.md > hitch.yaml.5

Knows the Markdown that the page uses: headings, paragraphs, lists, tables and code blocks; in
lines **bold**, `code` and links, of which the text is kept.
"""
import re
import sys

SPECIAL = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}


def escaped(text):
    """Text that troff prints as it is."""
    return "".join(
        SPECIAL.get(c, c if ord(c) < 128 else rf"\[u{ord(c):04X}]") for c in text
    )


def line_of(text):
    """A line of Markdown as one of troff."""
    text = re.sub(r"\[((?:`[^`]*`|[^\]`])+)\]\([^)]*\)", r"\1", text)
    out = []
    for i, piece in enumerate(re.split(r"`([^`]+)`", text)):
        if i % 2:
            out.append(rf"\fB{escaped(piece)}\fR")
            continue
        for j, word in enumerate(re.split(r"\*\*(.+?)\*\*", piece)):
            out.append(rf"\fB{escaped(word)}\fR" if j % 2 else escaped(word))
    return guarded("".join(out))


def guarded(line):
    """A line that begins with a dot or a quote would be a request."""
    return r"\&" + line if line.startswith((".", "'")) else line


def cells_of(row):
    """A | in code is written \\|."""
    cells = re.split(r"(?<!\\)\|", row.strip()[1:-1])
    return [cell.strip().replace(r"\|", "|") for cell in cells]


def table(rows):
    """Each row is a term and its text; what stands between them is named by its column."""
    titles = cells_of(rows[0])
    for row in rows[2:]:
        first, *middle, last = cells_of(row)
        yield from (".TP", line_of(first))
        named = [f"{title}: {cell}" for title, cell in zip(titles[1:], middle) if cell]
        text = ". ".join([last] * bool(last) + named)
        yield line_of(text) + "." if text else r"\&"


def code(lines):
    yield from (".PP", ".in +4n", ".nf")
    yield from (guarded(escaped(line)) for line in lines)
    yield from (".fi", ".in")


def heading(line):
    level, title = re.match(r"(#+) (.*)", line).groups()
    title = title.replace("`", "")
    # Upper case is how sections of man pages look.
    return f".SH {escaped(title.upper())}" if len(level) == 2 else f".SS {escaped(title)}"


def taken(lines, belongs):
    """Takes lines off the front as long as they belong."""
    block = []
    while lines and belongs(lines[0]):
        block.append(lines.pop(0))
    return block


def page(lines):
    while lines:
        line = lines[0]
        if not line.strip():
            lines.pop(0)
        elif line.startswith("```"):
            lines.pop(0)
            yield from code(taken(lines, lambda text: not text.startswith("```")))
            lines.pop(0)
        elif line.startswith("|"):
            yield from table(taken(lines, lambda text: text.startswith("|")))
            yield ".PP"
        elif line.startswith("#"):
            yield heading(lines.pop(0))
        elif line.startswith("- "):
            yield from (r".IP \(bu 2", line_of(lines.pop(0)[2:]))
        else:
            ends = ("|", "#", "- ", "```")
            block = taken(lines, lambda text: text.strip() and not text.startswith(ends))
            yield from (".PP", *map(line_of, block))


def without_contents(lines):
    """Leaves out the title, and the list of links to sections, which a terminal cannot follow."""
    return [line for line in lines if not line.startswith(("# ", "- [Which file]", "- [Recipes](#"))]


def main():
    version, name = sys.argv[1:]
    with open(name, encoding="utf-8") as file:
        lines = without_contents(file.read().splitlines())
    print(f'.TH HITCH.YAML 5 "" "hitch {version}" "File Formats"')
    print(".SH NAME\nhitch.yaml \\- the file that describes a bundle of hitch\n.SH DESCRIPTION")
    print("\n".join(page(lines)))
    print(".SH SEE ALSO\n.BR hitch (1)")


if __name__ == "__main__":
    main()
