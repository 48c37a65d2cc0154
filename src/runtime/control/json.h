#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace hitch {

namespace json = boost::json;

}  // namespace hitch
