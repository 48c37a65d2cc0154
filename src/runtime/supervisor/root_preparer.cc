#include "runtime/supervisor/root_preparer.h"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "runtime/base/installed.h"
#include "runtime/base/text.h"
#include "runtime/namespaces/root_mounts.h"
#include "runtime/oci/image.h"
#include "runtime/oci/layer_key.h"
#include "runtime/process/helper.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr const char* kPart = "layers";  // of the cache
/// While another run unpacks the same layer.
constexpr Milliseconds kLookAgain{20};
constexpr int kNotLoaded = 127;  // of a program whose libraries are missing. ld.so(8)

Error stopped() {
  return Error::because("stopped", Kind::kInterrupted);
}

/// All that hitch-unpack says, until it closes its end.
Task<std::string> read_answers(asio::posix::stream_descriptor* pipe) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto [ec, n] = co_await pipe->async_read_some(asio::buffer(buffer), kTuple);
    if (ec == asio::error::eof) co_return text;
    if (ec) co_return Error::from_errno(ec.value(), "read from", "hitch-unpack");
    text.append(buffer.data(), n);
  }
}

/// Its answers of one kind, without the word that they begin with.
std::vector<std::string> answers_that_begin(std::string_view word, std::string_view answers) {
  std::vector<std::string> found;
  while (!answers.empty()) {
    const auto line = answers.substr(0, answers.find('\n'));
    answers.remove_prefix(std::min(answers.size(), line.size() + 1));
    if (line.starts_with(word)) found.emplace_back(line.substr(word.size()));
  }
  return found;
}

/// What it says it could not do, if anything: "ERRNO text".
std::optional<Error> refusal_in(std::string_view answers) {
  const auto refusals = answers_that_begin("error ", answers);
  if (refusals.empty()) return std::nullopt;
  const auto blank = refusals.front().find(' ');
  const int err = parse_number<int>(refusals.front().substr(0, blank)).value_or(0);
  if (err == EOPNOTSUPP) return Error::from_errno(err, "mark a file as gone");
  return Error::because(refusals.front().substr(blank + 1));
}

Error explain_end(const std::optional<ExitStatus>& status) {
  if (status && *status == ExitStatus::exited(kNotLoaded)) {
    return Error::because("load hitch-unpack: a library is missing")
        .with_hint("install the package libarchive13 (Debian, Ubuntu), or libarchive 3.4 or later");
  }
  return Error::because("hitch-unpack " +
                        (status ? status->text() : std::string("is still there")));
}

}  // namespace

void RootPreparer::stop() noexcept {
  stopped_ = true;
  if (process_.is_open()) (void)process_.send_signal(SIGKILL);
}

Task<Done> RootPreparer::prepare_all() {
  for (const auto& service : request_->bundle.services) {
    if (!service.root) continue;
    at_work_for_ = service.name;
    auto prepared = co_await prepare(&service);
    if (!prepared) {
      co_return std::move(prepared).error().within("service '" + service.name + "'");
    }
  }
  co_return Done{};
}

Task<Done> RootPreparer::prepare(const ServiceSpec* service) {
  const RootSpec& root = *service->root;
  RootContent content;
  if (!root.directory.empty()) {
    content.layers.push_back(root.directory);
  } else if (root.layers.size() <= kMostRootLayers) {
    for (const auto& layer : root.layers) {
      std::vector<RootSpec::Layer> one{layer};
      auto unpacked = co_await unpack_into_cache(service, key_of_layer(layer.diff_id),
                                                 std::move(one), Form::kLayers);
      if (!unpacked && unpacked.error().err() == EOPNOTSUPP) {
        content.layers.clear();
        break;  // this file system takes no marks for what a layer removes
      }
      if (!unpacked) co_return std::move(unpacked).error();
      content.layers.push_back(*std::move(unpacked));
    }
  }
  contents_[root.number] = std::move(content);
  if (contents_[root.number].layers.empty()) {
    HITCH_CO_TRY(auto whole, co_await prepare_whole(root.number));
    contents_[root.number].layers.push_back(std::move(whole));
  }
  co_return Done{};
}

Task<fs::path> RootPreparer::prepare_whole(std::uint32_t number) {
  const auto& services = request_->bundle.services;
  const auto has_it = [&](const ServiceSpec& service) {
    return service.root && service.root->number == number;
  };
  const auto service = std::find_if(services.begin(), services.end(), has_it);
  if (!service->root->directory.empty()) co_return service->root->directory;
  const auto& layers = service->root->layers;
  std::vector<std::string> diff_ids;
  diff_ids.reserve(layers.size());
  for (const auto& layer : layers) diff_ids.push_back(layer.diff_id);
  auto whole = unpack_into_cache(&*service, key_of_layers(diff_ids), layers, Form::kOneDirectory);
  co_return co_await std::move(whole);
}

Task<fs::path> RootPreparer::unpack_into_cache(const ServiceSpec* service, std::string key,
                                               std::vector<RootSpec::Layer> layers, Form form) {
  const PreparedCache cache(request_->directories.cache, kPart);
  for (;;) {
    if (const auto entry = cache.find(key)) co_return *entry;
    HITCH_CO_TRY(auto making, cache.try_make(key));
    if (making && !cache.find(key)) {
      HITCH_CO_CHECK(co_await fill(service, making->directory(), layers, form));
      HITCH_CO_CHECK(making->commit());
      cache.drop_unused();
      continue;
    }
    making.reset();
    HITCH_CO_CHECK(co_await sleep_for(kLookAgain));
    if (stopped_) co_return stopped();
  }
}

Task<Done> RootPreparer::fill(const ServiceSpec* service, fs::path directory,
                              std::vector<RootSpec::Layer> layers, Form form) {
  for (const auto& layer : layers) {
    auto status = co_await unpack(service->root->image_layout, layer, directory, form);
    if (stopped_) co_return stopped();
    if (status) continue;
    co_return std::move(status).error().within(
        "unpack layer " + layer.digest + " of image 'oci:" + service->root->image_layout.native() +
        ':' + service->root->image_tag + "'");
  }
  co_return Done{};
}

Task<Done> RootPreparer::unpack(fs::path layout, RootSpec::Layer layer, fs::path directory,
                                Form form) {
  HITCH_CO_TRY(const auto opened, open_blob(layout, layer.digest));
  HITCH_CO_TRY(const auto blob, duplicate(opened.get()));
  const UniqueFd there(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!there.is_open()) co_return Error::from_errno(errno, "open directory", directory.native());
  HITCH_CO_TRY(const auto root, duplicate(there.get()));
  HITCH_CO_TRY(auto pipe, Pipe::create());
  HITCH_CO_TRY(auto write_end, duplicate(pipe.write_end.get()));
  pipe.write_end.reset();
  const std::vector<std::string> arguments{"hitch-unpack", layer.digest, layer.diff_id,
                                           form == Form::kLayers ? "mark" : "apply"};
  const std::array<int, 3> stdio{blob.get(), write_end.get(), root.get()};
  HITCH_CO_TRY(process_, start_helper(installed_program("hitch-unpack"), arguments, stdio));
  write_end.reset();
  asio::posix::stream_descriptor answers(scope_->executor, pipe.read_end.release());
  HITCH_CO_TRY(auto ended_fd, duplicate(process_.get()));
  asio::posix::stream_descriptor ended(scope_->executor, ended_fd.release());
  const auto text = co_await read_answers(&answers);
  (void)co_await ended.async_wait(ended.wait_read, kTuple);
  const auto status = reap(process_);
  process_ = Pidfd();
  if (!text) co_return text.error();
  if (auto refusal = refusal_in(*text)) co_return *std::move(refusal);
  if (!status || status->code() != 0) co_return explain_end(status);
  for (const auto& note : answers_that_begin("note ", *text)) {
    scope_->say("of the image of " + in_quotes(at_work_for_) + ": " + note);
  }
  co_return Done{};
}

}  // namespace hitch
