// wait_writer FIFO: for each byte that comes through FIFO, writes "mark N TIME" in one write, TIME
// being nanoseconds of the wall clock right before.
#include <fcntl.h>

#include <ctime>
#include <string>

#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  // For writing too, so that it never comes to an end.
  const int fifo = ::open(arguments.word(1, ""), O_RDWR);
  const std::string hello = "here\n";
  fixture::write_all(1, hello.data(), hello.size());
  char byte = 0;
  for (long i = 1; ::read(fifo, &byte, 1) == 1; ++i) {
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME, &now);
    const auto line = "mark " + std::to_string(i) + " " +
                      std::to_string(now.tv_sec * 1'000'000'000 + now.tv_nsec) + "\n";
    fixture::write_all(1, line.data(), line.size());
  }
  return 1;
}
