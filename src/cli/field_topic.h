#pragma once

#include "cli/help_topics.h"

namespace hitch {

/// `hitch help fields`: what `hitch inspect` can show.
HelpTopic field_topic();

}  // namespace hitch
