// Reads a damaged log: no input may crash, hang or exhaust memory, and what is read is consistent.
//
// The first byte chooses: 0: the rest is the image of a file; else it describes records, whose
// headers are then valid, so that the reader gets past them.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "runtime/logs/cursor.h"
#include "runtime/logs/query.h"

namespace hitch {
namespace {

constexpr std::size_t kLineCap = 16;

/// Eight bytes a record: type, flags, stream, lines, sequence, length; then the payload.
std::string image_of(std::string_view plan) {
  std::string image;
  const auto next = [&]() -> unsigned char {
    if (plan.empty()) return 0;
    const auto byte = static_cast<unsigned char>(plan.front());
    plan.remove_prefix(1);
    return byte;
  };
  while (!plan.empty()) {
    RecordHeader header;
    header.type = RecordType{static_cast<std::uint16_t>(next() % 3 + 1)};
    header.flags = next();
    header.stream = StreamId{next()};
    header.lines = next();
    header.first_sequence = next();
    header.open_sequence = next();
    const auto payload = plan.substr(0, next());
    header.length = static_cast<std::uint32_t>(payload.size());
    const auto raw = encode_header(header);
    image.append(raw.data(), raw.size()).append(payload);
    plan.remove_prefix(payload.size());
  }
  return image;
}

std::shared_ptr<LogFile> file_of(std::string_view image) {
  UniqueFd fd(::memfd_create("log", MFD_CLOEXEC));
  if (!fd.is_open()) std::abort();
  if (!image.empty() &&
      ::write(fd.get(), image.data(), image.size()) != static_cast<ssize_t>(image.size())) {
    std::abort();
  }
  return std::make_shared<LogFile>(std::move(fd), "fuzz");
}

void read_all(const std::shared_ptr<LogFile>& file, std::size_t size, LogPosition start) {
  LogCursor cursor(file, {.start = start, .line_cap_bytes = kLineCap, .held_limit_bytes = 100});
  std::size_t bytes = 0;
  const auto look = [&](const LogLine& line) {
    bytes += line.text.size();
    if (line.text.size() > kLineCap || line.key == nullptr || bytes > size) std::abort();
    if (line.text.find('\n') != line.text.npos) std::abort();
  };
  for (auto line = cursor.next(); line && *line; line = cursor.next()) look(**line);
  cursor.peek_unfinished([&](const LogLine& line) {
    if (line.text.size() > kLineCap || line.key == nullptr) std::abort();
  });
  if (cursor.offset() > size) std::abort();
  while (const auto line = cursor.next_unfinished()) look(*line);
}

/// As `hitch logs` does: from the last lines that match, filtered.
void read_last(const std::shared_ptr<LogFile>& file, std::size_t size) {
  const auto start = lines_back(file, {.output = OutputStream::kErr}, 2);
  if (start) read_all(file, size, *start);
}

}  // namespace
}  // namespace hitch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hitch;
  const std::string input(data, data + size);
  if (input.empty()) return 0;
  const auto rest = std::string_view(input).substr(1);
  const auto image = input[0] == 0 ? std::string(rest) : image_of(rest);
  read_all(file_of(image), image.size(), {});
  read_all(file_of(image), image.size(), {image.size() / 2, 3});
  read_last(file_of(image), image.size());
  const auto file = file_of(image);
  const auto lines = last_lines(file, {.count = 5, .line_limit_bytes = kLineCap});
  if (lines && lines->size() > 5) std::abort();
  return 0;
}
