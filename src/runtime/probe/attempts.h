#pragma once

namespace hitch {

// What a bundle is made of, tried alone: each attempt does the thing, in the process that calls it,
// which is not to be used for anything else afterwards. @return 0 or errno

int try_user_namespace() noexcept;  ///< with a mount in it: some machines allow nothing but the
                                    ///< name
int try_pid_namespace() noexcept;
int try_mount_api() noexcept;
int try_fresh_proc() noexcept;
int try_network() noexcept;           ///< a private one with its loopback up
int try_other_namespaces() noexcept;  ///< ipc, uts, cgroup
int try_time_namespace() noexcept;
int try_overlay() noexcept;
int try_filter() noexcept;
int try_listener() noexcept;
int try_landlock() noexcept;
int try_pidfd() noexcept;

/// Makes an attempt in a child. @return what it returned; EINTR if a signal has ended it
int in_a_child(int (*attempt)() noexcept) noexcept;

}  // namespace hitch
