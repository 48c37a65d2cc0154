// hitch-unpack: unpacks one layer of an image for hitch, which may kill it at any time. Gets the
// blob as its standard input and the directory, an empty one of hitch's cache, as its third
// descriptor; answers on its standard output, a line each: "note …", and "error ERRNO …" if it
// fails. A program of its own, as what reads archives of others had better have nothing else in
// reach, and as libarchive is a shared library. docs/decisions/023-roots-of-services.md

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "runtime/base/raw_write.h"
#include "runtime/namespaces/caps.h"
#include "runtime/oci/sha256.h"
#include "runtime/oci/unpack.h"

namespace hitch {
namespace {

constexpr int kBlob = STDIN_FILENO, kAnswers = STDOUT_FILENO, kRoot = STDERR_FILENO;
// Of addresses; the window of zstd is 128 MiB at most. Sanitizers map terabytes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr rlim_t kMostMemory = RLIM_INFINITY;
#else
constexpr rlim_t kMostMemory = 4ULL << 30;
#endif

void limit(__rlimit_resource resource, rlim_t most) {
  const rlimit limits{most, most};
  (void)::setrlimit(resource, &limits);
}

/// A caller with rights would lend them to a hole in the reader of archives.
void give_up_rights() {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_AS, kMostMemory);
  (void)drop_all_capabilities();  // who is not root has none
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int fail(const Error& error) {
  std::string text = error.message();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  (void)write_fully(kAnswers, "error " + std::to_string(error.err()) + ' ' + text + '\n');
  return 1;
}

int unpack(const std::string& digest, const std::string& diff_id, Whiteouts whiteouts) {
  const auto found = sha256_of_file(kBlob);
  if (!found) return fail(found.error());
  if (*found != digest) {
    return fail(Error::because("it is damaged: its digest is " + *found));
  }
  UnpackRequest request;
  request.blob = kBlob;
  request.root = kRoot;
  request.diff_id = diff_id;
  request.whiteouts = whiteouts;
  const auto report = unpack_layer(request);
  if (!report) return fail(report.error());
  std::string notes;
  for (const auto& note : report->notes) notes += "note " + note + '\n';
  (void)write_fully(kAnswers, notes);
  return 0;
}

}  // namespace
}  // namespace hitch

int main(int argc, char** argv) {
  if (argc != 4) {
    constexpr std::string_view kWhy = "hitch-unpack: is for hitch to start\n";
    (void)hitch::write_fully(STDERR_FILENO, kWhy);
    return 2;
  }
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return 2;
  (void)::umask(0);  // modes are those of the image
  hitch::give_up_rights();
  const auto whiteouts =
      std::string_view(argv[3]) == "apply" ? hitch::Whiteouts::kApply : hitch::Whiteouts::kMark;
  return hitch::unpack(argv[1], argv[2], whiteouts);
}
