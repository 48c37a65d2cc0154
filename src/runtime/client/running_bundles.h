#pragma once

namespace hitch::client {

class ServiceBundle;

/// Keeps the list behind running_bundles().
void note_running(ServiceBundle& bundle);
void note_stopped(ServiceBundle& bundle);

}  // namespace hitch::client
