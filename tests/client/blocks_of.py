#!/usr/bin/env python3
"""Prints the C++ blocks of a page as one source file: blocks_of.py FILE.md

A block that begins with ```cpp belongs into the body of a test, those of one section in their order; one
that begins with ```cpp file is a file of its own, without its main(). Each includes what the page's first
block does.
"""

import re
import sys

FENCE = re.compile(r'^```cpp( file)?\n(.*?)^```\n', re.MULTILINE | re.DOTALL)


def main():
    with open(sys.argv[1], encoding='utf-8') as page:
        text = page.read()
    includes, bodies, files = [], [], []
    for section in re.split(r'^## ', text, flags=re.MULTILINE):
        title = re.sub(r'\W+', '', section.split('\n', 1)[0].title())
        body = []
        for number, block in enumerate(FENCE.finditer(section)):
            lines = block[2].splitlines(keepends=True)
            includes += [line for line in lines if line.startswith('#include')]
            code = ''.join(line for line in lines if not line.startswith('#include'))
            if block[1]:
                files.append(f'namespace {title}{number} {{\n{code}}}\n')
            else:
                body.append(code)
        if body:
            bodies.append(f'TEST_F(Documentation, {title}) {{\n{"".join(body)}}}\n')
    print(''.join(dict.fromkeys(includes)))
    print('#include <hitch/introspect/process.h>\n#include "harness.h"\n')
    print('using namespace std::chrono_literals;\nusing namespace hitch::client;\n')
    print('\n'.join(files))
    print(DOCUMENTATION)
    print('\n'.join(bodies))


DOCUMENTATION = '''class Documentation : public client_tests::ClientTest {
 protected:
  void SetUp() override {
    ClientTest::SetUp();
    std::filesystem::current_path(project());
  }
  void TearDown() override { std::filesystem::current_path("/"); }
};
'''

if __name__ == '__main__':
    main()
