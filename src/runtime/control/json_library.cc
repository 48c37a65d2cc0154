// Boost.JSON, compiled into the program: no library more to load at the start.
#include <boost/json/src.hpp>
