#include "runtime/supervisor/pump.h"

#include <fcntl.h>

#include <cerrno>

namespace hitch {

namespace {

/// Larger than the usual 64 KiB: a service that writes in bursts is stopped less often. A wish: the
/// kernel may refuse it to a user who has many pipes. pipe(7), fcntl(2)
constexpr int kPipeBytes = 256 * 1024;

Result<Pipe> output_pipe() {
  HITCH_TRY(auto pipe, Pipe::create());
  (void)::fcntl(pipe.read_end.get(), F_SETPIPE_SZ, kPipeBytes);
  // Only our end: O_NONBLOCK on the other one would surprise the program.
  if (::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) {
    return Error::from_errno(errno, "prepare a pipe");
  }
  return pipe;
}

}  // namespace

OutputPump::OutputPump(BundleScope* scope, UniqueFd out, UniqueFd err, StreamId out_id,
                       StreamId err_id)
    : scope_(scope),
      out_(scope->executor, std::move(out), out_id),
      err_(scope->executor, std::move(err), err_id) {}

Result<std::shared_ptr<OutputPump>> OutputPump::create(BundleScope* scope,
                                                       const std::string& service, Phase phase) {
  HITCH_TRY(auto out, output_pipe());
  HITCH_TRY(auto err, output_pipe());
  const StreamId out_id = scope->log->open_stream({service, OutputStream::kOut, phase});
  const StreamId err_id = scope->log->open_stream({service, OutputStream::kErr, phase});
  auto pump = std::make_shared<OutputPump>(scope, std::move(out.read_end), std::move(err.read_end),
                                           out_id, err_id);
  pump->write_out_ = std::move(out.write_end);
  pump->write_err_ = std::move(err.write_end);
  return pump;
}

void OutputPump::start() {
  write_out_.reset();
  write_err_.reset();
  scope_->tasks.spawn(pump(shared_from_this(), &out_));
  scope_->tasks.spawn(pump(shared_from_this(), &err_));
}

Task<Done> OutputPump::pump(std::shared_ptr<OutputPump> self, Side* side) {
  // A few reads a turn: the loop has others to serve, but going round for each is dear.
  constexpr int kReadsPerTurn = 8;
  while (!side->ended) {
    const auto [ec] = co_await side->pipe.async_wait(side->pipe.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for output");
    for (int i = 0; i < kReadsPerTurn && !side->ended; ++i) {
      std::size_t bytes = 0;
      if (self->take(*side, bytes) != Took::kSome) break;
    }
  }
  co_return Done{};
}

OutputPump::Took OutputPump::take(Side& side, std::size_t& bytes) {
  if (side.ended) return Took::kEnd;
  char* const scratch = scope_->scratch.get();
  const ssize_t n = ::read(side.pipe.native_handle(), scratch, BundleScope::kScratchBytes);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Took::kNothing;
  if (n <= 0) {
    end(side);
    return Took::kEnd;
  }
  bytes = static_cast<std::size_t>(n);
  scope_->log_failed(scope_->log->append(side.stream, {scratch, bytes}));
  if (on_append_) on_append_();
  return Took::kSome;
}

void OutputPump::drain() {
  for (Side* side : {&out_, &err_}) {
    const int capacity = ::fcntl(side->pipe.native_handle(), F_GETPIPE_SZ);
    std::size_t left = capacity > 0 ? static_cast<std::size_t>(capacity) : 0;
    for (;;) {
      std::size_t bytes = 0;
      if (take(*side, bytes) != Took::kSome) break;
      if (bytes >= left) break;
      left -= bytes;
    }
  }
}

void OutputPump::end() {
  end(out_);
  end(err_);
}

void OutputPump::end(Side& side) {
  if (side.ended) return;
  side.ended = true;
  side.pipe.close();
  scope_->log_failed(scope_->log->end_stream(side.stream));
}

}  // namespace hitch
