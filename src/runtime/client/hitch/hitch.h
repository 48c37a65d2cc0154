#pragma once

// All of hitch::client but the part for GoogleTest, which is <hitch/gtest.h>.

#include "runtime/client/hitch/errors.h"
#include "runtime/client/hitch/json.h"
#include "runtime/client/hitch/logs.h"
#include "runtime/client/hitch/service.h"
#include "runtime/client/hitch/service_bundle.h"
#include "runtime/client/hitch/services.h"
#include "runtime/client/hitch/subcommand.h"
