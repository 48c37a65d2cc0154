#pragma once

#include <string_view>

// Files of /proc in the form of several kernels. Those of Linux 6.18 are as it has printed them; in
// the older ones what is long and says nothing has been left out, and numbers have been changed so
// that no two are the same.

namespace hitch::introspect::testing {

/// Linux 3.2, 32 bits: no NSpid, no Umask.
constexpr std::string_view kStatus32 =
    R"(Name:	java
State:	D (disk sleep)
Tgid:	13577
Pid:	13577
PPid:	2586
TracerPid:	0
Uid:	1000	1001	1002	1003
Gid:	100	101	102	103
FDSize:	256
Groups:	4 20 24 46 110 112 120 122 1000 
VmPeak:	  667404 kB
VmSwap:	       0 kB
Threads:	38
SigQ:	0/23969
CapBnd:	ffffffffffffffff
Cpus_allowed:	3
Cpus_allowed_list:	0-1
Mems_allowed:	1
Mems_allowed_list:	0
voluntary_ctxt_switches:	71
nonvoluntary_ctxt_switches:	5
)";

/// Linux 4.19: in a pid namespace of a pid namespace.
constexpr std::string_view kStatus419 =
    R"(Name:	systemd
Umask:	0000
State:	S (sleeping)
Tgid:	4711
Ngid:	0
Pid:	4711
PPid:	1
TracerPid:	0
Uid:	0	0	0	0
Gid:	0	0	0	0
FDSize:	128
Groups:	 
NStgid:	4711	33	1
NSpid:	4711	33	1
NSpgid:	4711	33	1
NSsid:	4711	33	1
VmPeak:	  238376 kB
CoreDumping:	0
Threads:	1
NoNewPrivs:	0
Seccomp:	0
Speculation_Store_Bypass:	thread vulnerable
Cpus_allowed:	ff
Cpus_allowed_list:	0-7
Mems_allowed_list:	0
voluntary_ctxt_switches:	120965
nonvoluntary_ctxt_switches:	6455
)";

/// Linux 6.18.
constexpr std::string_view kStatus618 =
    R"(Name:	sleep
Umask:	0022
State:	S (sleeping)
Tgid:	8841
Ngid:	0
Pid:	8841
PPid:	8795
TracerPid:	0
Uid:	0	0	0	0
Gid:	0	0	0	0
FDSize:	256
Groups:	 
NStgid:	8841
NSpid:	8841
NSpgid:	8792
NSsid:	10209
Kthread:	0
VmPeak:	    2920 kB
VmSize:	    2920 kB
VmLck:	       0 kB
VmPin:	       0 kB
VmHWM:	    1792 kB
VmRSS:	    1792 kB
RssAnon:	     108 kB
RssFile:	    1684 kB
RssShmem:	       0 kB
VmData:	     224 kB
VmStk:	     132 kB
VmExe:	      20 kB
VmLib:	    1528 kB
VmPTE:	      44 kB
VmSwap:	       0 kB
HugetlbPages:	       0 kB
CoreDumping:	0
THP_enabled:	1
untag_mask:	0xffffffffffffffff
Threads:	1
SigQ:	0/96365
SigPnd:	0000000000000000
ShdPnd:	0000000000000000
SigBlk:	0000000000000000
SigIgn:	0000000000000000
SigCgt:	0000000000000000
CapInh:	0000000000000000
CapPrm:	000001fffeffffff
CapEff:	000001fffeffffff
CapBnd:	000001fffeffffff
CapAmb:	0000000000000000
NoNewPrivs:	0
Seccomp:	0
Seccomp_filters:	0
Speculation_Store_Bypass:	vulnerable
SpeculationIndirectBranch:	always enabled
Cpus_allowed:	3
Cpus_allowed_list:	0-1
Mems_allowed_list:	0
voluntary_ctxt_switches:	1
nonvoluntary_ctxt_switches:	1
)";

/// Linux 6.18.
constexpr std::string_view kStat618 =
    R"(8841 (sleep) S 8795 8792 10209 0 -1 4194304 76 0 0 0 0 0 0 0 20 0 1 0 3927445 2990080 421 18446744073709551615 94139147177984 94139147195913 140726111504496 0 0 0 0 0 0 1 0 0 17 1 0 0 0 0 0 94139147210000 94139147211264 94139741548544 140726111512735 140726111512745 140726111512745 140726111514601 0
)";

/// Linux 2.6.9: the line ends behind the policy of scheduling.
constexpr std::string_view kStat269 =
    R"(2321 (sshd) S 1 2321 2321 0 -1 4194624 1432 49813 5 17 3 5 112 70 16 0 1 0 4518 4636672 361 4294967295 134512640 134823840 3221223344 3221222672 3086542818 0 0 4096 81925 0 0 0 17 1 0 0
)";

/// Linux 6.18.
constexpr std::string_view kSmaps618 =
    R"(559e7a6d3000-559e7a6d5000 r--p 00000000 fe:00 248056                     /usr/bin/sleep
Size:                  8 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                   8 kB
Pss:                   8 kB
Pss_Dirty:             0 kB
Shared_Clean:          0 kB
Shared_Dirty:          0 kB
Private_Clean:         8 kB
Private_Dirty:         0 kB
Referenced:            8 kB
Anonymous:             0 kB
KSM:                   0 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
SwapPss:               0 kB
Locked:                0 kB
THPeligible:           0
VmFlags: rd mr mw me 
559e7a6d5000-559e7a6da000 r-xp 00002000 fe:00 248056                     /usr/bin/sleep
Size:                 20 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                  20 kB
Pss:                  20 kB
Pss_Dirty:             0 kB
Shared_Clean:          0 kB
Shared_Dirty:          0 kB
Private_Clean:        20 kB
Private_Dirty:         0 kB
Referenced:           20 kB
Anonymous:             0 kB
KSM:                   0 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
SwapPss:               0 kB
Locked:                0 kB
THPeligible:           0
VmFlags: rd ex mr mw me 
559e9ddab000-559e9ddcc000 rw-p 00000000 00:00 0                          [heap]
Size:                132 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                  16 kB
Pss:                  16 kB
Pss_Dirty:            16 kB
Shared_Clean:          0 kB
Shared_Dirty:          0 kB
Private_Clean:         0 kB
Private_Dirty:        16 kB
Referenced:           16 kB
Anonymous:            16 kB
KSM:                   0 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
SwapPss:               0 kB
Locked:                0 kB
THPeligible:           0
VmFlags: rd wr mr mw me ac 
7ffd59e12000-7ffd59e33000 rw-p 00000000 00:00 0                          [stack]
Size:                132 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                  12 kB
Pss:                  12 kB
Pss_Dirty:            12 kB
Shared_Clean:          0 kB
Shared_Dirty:          0 kB
Private_Clean:         0 kB
Private_Dirty:        12 kB
Referenced:           12 kB
Anonymous:            12 kB
KSM:                   0 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
SwapPss:               0 kB
Locked:                0 kB
THPeligible:           0
VmFlags: rd wr mr mw me gd ac 
7fa92e8ab000-7fa92e8ae000 rw-p 00000000 00:00 0 
Size:                 12 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                   8 kB
Pss:                   8 kB
Pss_Dirty:             8 kB
Shared_Clean:          0 kB
Shared_Dirty:          0 kB
Private_Clean:         0 kB
Private_Dirty:         8 kB
Referenced:            8 kB
Anonymous:             8 kB
KSM:                   0 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
SwapPss:               0 kB
Locked:                0 kB
THPeligible:           0
VmFlags: rd wr mr mw me ac 
)";

/// Linux 2.6.32: no Anonymous, no VmFlags.
constexpr std::string_view kSmaps2632 =
    R"(08048000-080bc000 r-xp 00000000 03:02 13130      /bin/bash
Size:               1084 kB
Rss:                 892 kB
Pss:                 374 kB
Shared_Clean:        892 kB
Shared_Dirty:          0 kB
Private_Clean:         0 kB
Private_Dirty:         0 kB
Referenced:          892 kB
Swap:                  0 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
)";

/// Linux 5.10.
constexpr std::string_view kSmaps510 =
    R"(55ffec366000-55ffec36c000 r--p 00000000 fe:01 3685107                    /bin/a name (deleted)
Size:                 24 kB
KernelPageSize:        4 kB
MMUPageSize:           4 kB
Rss:                  24 kB
Pss:                   3 kB
Shared_Clean:         20 kB
Shared_Dirty:          1 kB
Private_Clean:         2 kB
Private_Dirty:         3 kB
Referenced:           24 kB
Anonymous:             4 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  8 kB
SwapPss:               7 kB
Locked:                0 kB
THPeligible:    0
VmFlags: rd mr mw me
6ffad4f000-6ffad51000 rw-p 00000000 00:00 0 
Size:                  8 kB
Rss:                   4 kB
VmFlags: rd wr mr mw me ac
6ffad51000-6ffad52000 rw-p 00000000 00:00 0                              [stack]
Size:                  4 kB
Rss:                   4 kB
6ffad52000-6ffad53000 rw-p 00000000 00:00 0 
Size:                  4 kB
Rss:                   1 kB
)";

/// Linux 6.18.
constexpr std::string_view kRollup618 =
    R"(559e7a6d3000-7ffd59e33000 ---p 00000000 00:00 0                          [rollup]
Rss:                1792 kB
Pss:                 238 kB
Pss_Dirty:           108 kB
Pss_Anon:            108 kB
Pss_File:            130 kB
Pss_Shmem:             0 kB
Shared_Clean:       1648 kB
Shared_Dirty:          0 kB
Private_Clean:        36 kB
Private_Dirty:       108 kB
Referenced:         1792 kB
Anonymous:           108 kB
KSM:                   0 kB
LazyFree:              0 kB
AnonHugePages:         0 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:         0 kB
Shared_Hugetlb:        0 kB
Private_Hugetlb:       0 kB
Swap:                  0 kB
SwapPss:               0 kB
Locked:                0 kB
)";

/// Linux 6.18.
constexpr std::string_view kStatm618 =
    R"(730 448 421 5 0 89 0
)";

/// Linux 6.18.
constexpr std::string_view kIo618 =
    R"(rchar: 6976
wchar: 0
syscr: 10
syscw: 0
read_bytes: 0
write_bytes: 0
cancelled_write_bytes: 0
)";

}  // namespace hitch::introspect::testing
