// bench_writer SIZE COUNT: writes COUNT pieces of SIZE bytes, one write each, with one newline per
// 100 bytes or at the end of each piece.
#include <string>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  const auto size = static_cast<std::size_t>(std::atol(arguments.word(1, "100")));
  const long count = std::atol(arguments.word(2, "1"));
  std::string piece(size, 'x');
  for (std::size_t i = 99; i < size; i += 100) piece[i] = '\n';
  if (size > 0) piece.back() = '\n';
  for (long i = 0; i < count; ++i) fixture::write_all(1, piece.data(), piece.size());
  return 0;
}
