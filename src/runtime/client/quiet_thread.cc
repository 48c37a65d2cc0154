#include "runtime/client/quiet_thread.h"

#include <pthread.h>

#include <csignal>

#include "runtime/base/thread.h"

namespace hitch {

Result<std::jthread> start_quiet_thread(std::function<void()> work) {
  sigset_t all, before;
  sigfillset(&all);
  // A thread begins with the mask of who starts it. pthread_sigmask(3)
  (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto thread = start_thread(std::move(work));
  (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace hitch
