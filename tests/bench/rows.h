#pragma once

#include "bench/settings.h"
#include "bench/table.h"

namespace hitch::bench {

// Each measures one subject and adds its rows to the table. A BenchError ends the subject.

/// An empty bundle that runs `true`, against unshare and bubblewrap.
void measure_empty(const Settings& settings, Table& table);
/// Fifty services, start to ready and stop, against plain fork and exec.
void measure_services(const Settings& settings, Table& table);
/// How long many processes take to be gone: by request, by a second signal, by the supervisor's
/// death.
void measure_stop(const Settings& settings, Table& table);
/// From a service's writes to the stored log, against cat.
void measure_logs(const Settings& settings, Table& table);
/// JSON lines out of a large log, against jq.
void measure_json(const Settings& settings, Table& table);
/// From a service's write to who waits for it, against tail and grep.
void measure_wait(const Settings& settings, Table& table);
/// A published port, against the same server on the host's loopback.
void measure_proxy(const Settings& settings, Table& table);
/// What a bundle's own clock costs: readings, starts, travels, databases.
void measure_clock(const Settings& settings, Table& table);
/// A command beside a service, against one started by hand.
void measure_exec(const Settings& settings, Table& table);
/// Memory and wake-ups of a bundle that does nothing.
void measure_footprint(const Settings& settings, Table& table);
/// A database from the cache, against one started by hand.
void measure_postgres(const Settings& settings, Table& table);
/// What is read of processes, against psutil and against the bare reading of the same files.
void measure_introspect(const Settings& settings, Table& table);
/// What an empty bundle costs where a machine gives less isolation; what finding that out does.
void measure_levels(const Settings& settings, Table& table);
/// A service with a root of its own, against container runtimes; the first run of an image.
void measure_roots(const Settings& settings, Table& table);
/// Many bundles at once.
void measure_parallel(const Settings& settings, Table& table);

}  // namespace hitch::bench
