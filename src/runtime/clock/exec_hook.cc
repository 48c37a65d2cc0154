#include "runtime/clock/exec_hook.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/clock/clock_blob.h"
#include "runtime/clock/clock_layout.h"
#include "runtime/clock/vdso_image.h"

namespace hitch {

namespace {

constexpr std::size_t kHeadBytes = 64;  // the ELF header
constexpr std::uint64_t kPageMask = kClockPageBytes - 1;

std::span<std::byte> bytes_of(BlobHeader& header) noexcept {
  return std::as_writable_bytes(std::span(&header, 1));
}

HookResult untouched(const char* step, int err) noexcept {
  return {HookOutcome::kUntouched, step, err};
}

std::uint64_t place_in_blob(VdsoFunction function) noexcept {
  switch (function) {
    case VdsoFunction::kClockGettime:
      return clock_blob().clock_gettime;
    case VdsoFunction::kGettimeofday:
      return clock_blob().gettimeofday;
    case VdsoFunction::kTime:
      break;
  }
  return clock_blob().time;
}

}  // namespace

Result<ExecHook> ExecHook::create() {
  HITCH_TRY(const auto bytes, own_vdso());
  HITCH_TRY(const auto image, parse_vdso(bytes));
  const std::size_t room = image.room_end - image.room_begin;
  if (room < clock_blob().bytes.size()) {
    return Error::because("the vDSO has room for " + std::to_string(room) + " bytes of the " +
                          std::to_string(clock_blob().bytes.size()) + " that the clock needs");
  }
  ExecHook hook;
  hook.blob_at_ = image.room_begin;
  hook.below_ = size_of_vdso_data() + kClockPageBytes;
  hook.bias_ = image.bias;
  hook.clock_gettime_ = image.clock_gettime;
  hook.head_.assign(bytes.begin(), bytes.begin() + kHeadBytes);
  const auto [first, last] = std::minmax_element(
      image.symbols.begin(), image.symbols.end(),
      [](const VdsoSymbol& a, const VdsoSymbol& b) { return a.value_at < b.value_at; });
  hook.symbols_at_ = first->value_at;
  const auto part =
      bytes.subspan(hook.symbols_at_, last->value_at - first->value_at + sizeof(std::uint64_t));
  hook.symbols_.assign(part.begin(), part.end());
  for (const auto& symbol : image.symbols) {
    const std::uint64_t value = image.bias + hook.blob_at_ + place_in_blob(symbol.function);
    std::memcpy(&hook.symbols_[symbol.value_at - hook.symbols_at_], &value, sizeof value);
  }
  return hook;
}

/// jmp *[rip]; the address follows. Needs no register.
ExecHook::Jump ExecHook::jump_to(std::uint64_t address) noexcept {
  Jump jump{std::byte{0xff}, std::byte{0x25}};
  std::memcpy(jump.data() + 6, &address, sizeof address);
  return jump;
}

HookResult ExecHook::patch(Booting& program) const {
  const auto code = std::as_bytes(clock_blob().bytes);
  std::vector<std::byte> blob(code.begin(), code.end());
  int jump_error = program.memory.read(program.resume, program.saved);
  BlobHeader header{};
  header.magic = kBlobMagic;
  header.original = program.vdso - bias_ + clock_gettime_;
  header.resume = program.resume;
  // Nearly always free; boot says so if it is not. Nobody reads a clock before that.
  header.page = jump_error == 0 ? program.vdso - below_ : 0;
  static_assert(kJumpBytes <= sizeof header.saved);
  std::memcpy(header.saved, program.saved.data(), kJumpBytes);
  std::memcpy(blob.data(), &header, sizeof header);

  const std::uint64_t blob_at = blob_address(program.vdso);
  if (const int err = program.memory.write(blob_at, blob); err != 0) {
    return untouched("write behind its vDSO", err);
  }
  if (const int err = program.memory.write(program.vdso + symbols_at_, symbols_); err != 0) {
    return untouched("change the symbols of its vDSO", err);
  }
  // Last: from here on the program runs boot as soon as it is let go.
  const auto boot = jump_to(blob_at + clock_blob().boot);
  if (jump_error == 0) jump_error = program.memory.write(program.resume, boot);
  if (jump_error == 0) return {HookOutcome::kPatched, "", 0};
  forget_page(program);
  return {HookOutcome::kSlow, "send it to boot", jump_error};
}

/// Its code makes system calls instead.
void ExecHook::forget_page(const Booting& program) const noexcept {
  const std::uint64_t nowhere = 0;
  (void)program.memory.write_value(blob_address(program.vdso) + offsetof(BlobHeader, page),
                                   nowhere);
}

/// Most calls come from programs that are patched: these cost one look.
bool ExecHook::is_known_to_be_patched(pid_t task) const {
  const auto known = vdso_of_.find(task);
  if (known == vdso_of_.end()) return false;
  std::array<std::byte, kHeadBytes> head{};
  BlobHeader header{};
  return copy_from_task(task, known->second, head, blob_address(known->second), bytes_of(header)) ==
             0 &&
         std::ranges::equal(head, head_) && header.magic == kBlobMagic;
}

HookResult ExecHook::start(const CallListener& listener, const HeldCall& call) {
  const auto tid = static_cast<pid_t>(call.pid);
  if (is_known_to_be_patched(tid)) return {};
  const auto vdso = vdso_address(tid);
  if (!vdso) return untouched("find its vDSO", errno);
  std::array<std::byte, kHeadBytes> head{};
  BlobHeader header{};
  const int err = copy_from_task(tid, *vdso, head, blob_address(*vdso), bytes_of(header));
  if (err != 0) return untouched("read its vDSO", err);
  if (!std::ranges::equal(head, head_)) return untouched("know its vDSO", ENOEXEC);
  if (vdso_of_.size() >= kMostKnown) vdso_of_.clear();
  vdso_of_.insert_or_assign(tid, *vdso);
  if (header.magic == kBlobMagic) return {};
  auto memory = TaskMemory::open(tid);
  if (!memory) return untouched("open its memory", memory.error().err());
  // Only now is it certain whose memory this is.
  if (!listener.still_waits(call)) return {};
  Booting program{*vdso, call.data.instruction_pointer, {}, *std::move(memory)};
  const auto result = patch(program);
  if (result.outcome == HookOutcome::kPatched) remember(tid, std::move(program));
  return result;
}

void ExecHook::remember(pid_t tid, Booting program) {
  booting_.erase(tid);  // it had the same number
  if (booting_.size() >= sweep_at_) {
    // One that was killed has no memory any more.
    std::erase_if(booting_, [](const auto& known) {
      std::array<std::byte, 1> byte{};
      return known.second.memory.read(known.second.resume, byte) != 0;
    });
    sweep_at_ = std::clamp(2 * booting_.size(), kSweepAfter, kMostBooting);
  }
  if (booting_.size() < kMostBooting) booting_.emplace(tid, std::move(program));
}

std::optional<ExecHook::Booting> ExecHook::recall(const HeldCall& call) const {
  const auto tid = static_cast<pid_t>(call.pid);
  const auto vdso = vdso_address(tid);
  if (!vdso || !is_from_blob(call, *vdso)) return std::nullopt;
  auto memory = TaskMemory::open(tid);
  BlobHeader header{};
  if (!memory || memory->read(blob_address(*vdso), bytes_of(header)) != 0) return std::nullopt;
  Booting program{*vdso, header.resume, {}, *std::move(memory)};
  std::memcpy(program.saved.data(), header.saved, kJumpBytes);
  return program;
}

bool ExecHook::is_from_blob(const HeldCall& call, std::uint64_t vdso) const noexcept {
  const std::uint64_t offset = call.data.instruction_pointer - blob_address(vdso);
  return offset < clock_blob().bytes.size();
}

const ExecHook::Booting* ExecHook::booting(const CallListener& listener, const HeldCall& call) {
  const auto tid = static_cast<pid_t>(call.pid);
  auto found = booting_.find(tid);
  if (found == booting_.end() || !is_from_blob(call, found->second.vdso)) {
    auto program = recall(call);
    if (!program) return nullptr;
    found = booting_.insert_or_assign(tid, *std::move(program)).first;
  }
  return listener.still_waits(call) ? &found->second : nullptr;
}

HookResult ExecHook::give_page(const CallListener& listener, const HeldCall& call, int page_fd) {
  const Booting* const program = booting(listener, call);
  if (program == nullptr) {
    listener.let_through(call);  // EBADF
    return {};
  }
  // Before anything can fail: as long as the jump is there, the program comes back to boot.
  int err = program->memory.write(program->resume, program->saved);
  if (err == 0) err = listener.answer_with_fd(call, page_fd);
  if (err == ENOENT) return {};  // a signal was first: the call is made again
  HookResult result{HookOutcome::kMapped, "", 0};
  if (err != 0) {
    forget_page(*program);
    listener.refuse(call, err);
    result = {HookOutcome::kSlow, "give it the clock page", err};
  }
  booting_.erase(static_cast<pid_t>(call.pid));
  return result;
}

HookResult ExecHook::set_page(const CallListener& listener, const HeldCall& call) {
  const auto tid = static_cast<pid_t>(call.pid);
  const std::uint64_t page = call.data.args[1];
  const auto vdso = vdso_address(tid);
  if (!vdso || !is_from_blob(call, *vdso) || (page & kPageMask) != 0) {
    listener.let_through(call);  // EBADF
    return {};
  }
  const auto memory = TaskMemory::open(tid);
  if (!listener.still_waits(call)) return {};
  const int err = memory
                      ? memory->write_value(blob_address(*vdso) + offsetof(BlobHeader, page), page)
                      : memory.error().err();
  listener.answer(call, 0);
  if (page == 0) return {HookOutcome::kSlow, "map the clock page", ENOMEM};
  if (err != 0) return {HookOutcome::kSlow, "tell it where the clock page is", err};
  return {HookOutcome::kMapped, "", 0};
}

CallOrigin ExecHook::origin(const HeldCall& call) const noexcept {
  const auto vdso = vdso_address(static_cast<pid_t>(call.pid));
  if (!vdso) return errno == ENOENT ? CallOrigin::kProgram : CallOrigin::kUnknown;
  if (is_from_blob(call, *vdso)) return CallOrigin::kBlob;
  const bool in_library = call.data.instruction_pointer - *vdso < blob_at_;
  return in_library ? CallOrigin::kOriginalVdso : CallOrigin::kProgram;
}

}  // namespace hitch
