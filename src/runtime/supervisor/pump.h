#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

#include "runtime/supervisor/bundle_scope.h"

namespace hitch {

/// The output of one launched program on its way into the log: a pipe and a stream each for stdout
/// and stderr. Its pumps run until the writers have closed their ends or the run is over: a process
/// that outlives the one that was launched may go on writing, and nobody waits for it.
class OutputPump : public std::enable_shared_from_this<OutputPump> {
 public:
  static Result<std::shared_ptr<OutputPump>> create(BundleScope* scope, const std::string& service,
                                                    Phase phase);
  OutputPump(BundleScope* scope, UniqueFd out, UniqueFd err, StreamId out_id, StreamId err_id);

  int out_fd() const noexcept { return write_out_.get(); }
  int err_fd() const noexcept { return write_err_.get(); }
  /// Calls `listener` after each append of what this program wrote.
  void on_append(std::function<void()> listener) { on_append_ = std::move(listener); }
  /// After the launch: from now on only the program has the writing ends.
  void start();
  /// Takes what has been written so far: all that the launched program itself wrote, once it has
  /// ended. At most a pipe's content, as a process that lives on may write for ever.
  void drain();
  /// Says that nothing more will come. A last line without newline is finished by this.
  void end();

 private:
  struct Side {
    Side(const asio::any_io_executor& executor, UniqueFd fd, StreamId id)
        : pipe(executor, fd.release()), stream(id) {}
    asio::posix::stream_descriptor pipe;
    StreamId stream;
    bool ended = false;
  };
  enum class Took { kSome, kNothing, kEnd };

  static Task<Done> pump(std::shared_ptr<OutputPump> self, Side* side);
  Took take(Side& side, std::size_t& bytes);
  void end(Side& side);

  BundleScope* scope_;
  Side out_, err_;
  UniqueFd write_out_, write_err_;
  std::function<void()> on_append_;
};

}  // namespace hitch
