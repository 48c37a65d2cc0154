#include "cli/screen.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

#include "cli/line_writer.h"
#include "cli/screen_printer.h"
#include "runtime/base/thread.h"

namespace hitch {

Result<std::unique_ptr<Screen>> Screen::open(int fd, LogView view) {
  HITCH_TRY(auto writer, LineWriter::open(fd));
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.is_open()) return Error::from_errno(errno, "create an event descriptor");
  auto printer =
      std::make_shared<ScreenPrinter>(std::move(writer), std::move(event), std::move(view));
  return std::unique_ptr<Screen>(new Screen(std::move(printer)));
}

Screen::Screen(std::shared_ptr<ScreenPrinter> printer) : printer_(std::move(printer)) {}

Screen::~Screen() {
  subscription_.reset();
  if (!thread_.joinable()) return;
  if (printer_->stop()) {
    thread_.join();
  } else {
    thread_.detach();  // it shares the printer, and nothing of ours
  }
}

void Screen::on_reader_gone(std::function<void()> hear) {
  printer_->on_reader_gone(std::move(hear));
}

void Screen::follow(LogStore& store, LogFilter filter) {
  printer_->follow(store.file(), std::move(filter));
  subscription_ = store.subscribe([this] { wake(); });
}

void Screen::say(std::string_view text) {
  if (!printer_->say(text)) wake();
}

void Screen::wake() {
  if (thread_.joinable()) return printer_->wake();
  if (printer_->is_broken()) return;
  // The thread inherits that: signals are the loop's. Not NoSignals, which would take away the
  // SIGPIPE by which on_reader_gone() may ask for the end meanwhile.
  const SignalsBlocked blocked;
  auto started = start_thread([printer = printer_] { printer->run(); });
  if (started) {
    thread_ = *std::move(started);
  } else {
    printer_->give_up(started.error().err());
  }
}

bool Screen::flush_until(std::uint64_t end, Deadline deadline) {
  return printer_->flush_until(end, deadline);
}

ScreenStatus Screen::status() const {
  return printer_->status();
}

}  // namespace hitch
