# Compiler settings that every target of the project shares, and the libraries from Debian.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(HITCH_CCACHE ccache)
if(HITCH_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${HITCH_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HITCH_CCACHE})
endif()

# Assertions stay on: a programmer's error must not go on as something else.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

set(HITCH_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")

# What all that is compiled shares.
add_library(hitch_warnings INTERFACE)
target_include_directories(hitch_warnings INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(hitch_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Both warn for no reason: of std::string's operator+ (GCC bug 105651, mended in 13), and of the
  # frames of coroutines that Asio allocates and frees by its own pair of operators.
  target_compile_options(hitch_warnings INTERFACE -Wno-restrict -Wno-mismatched-new-delete)
endif()
if(HITCH_WERROR)
  target_compile_options(hitch_warnings INTERFACE -Werror)
endif()
target_compile_definitions(hitch_warnings INTERFACE _GNU_SOURCE HITCH_VERSION="${PROJECT_VERSION}")
if(HITCH_SANITIZE)
  target_compile_options(hitch_warnings INTERFACE -fsanitize=${HITCH_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With a sanitizer, g++ warns of what is inside of std::regex and std::function.
    target_compile_options(hitch_warnings INTERFACE -Wno-maybe-uninitialized)
    if(HITCH_SANITIZE MATCHES thread)
      # Asio has fences around its handlers, which this sanitizer does not see. With one thread per
      # loop nothing depends on them.
      target_compile_options(hitch_warnings INTERFACE -Wno-tsan)
    endif()
  elseif(HITCH_SANITIZE MATCHES undefined)
    # Calls of C libraries through pointers of their own types, which are not quite the same.
    target_compile_options(hitch_warnings INTERFACE -fno-sanitize=function)
  endif()
  target_link_options(hitch_warnings INTERFACE -fsanitize=${HITCH_SANITIZE})
endif()

# Programs.
add_library(hitch_options INTERFACE)
target_link_libraries(hitch_options INTERFACE hitch_warnings)
if(NOT HITCH_SANITIZE)
  # One start of hitch is a few milliseconds long; loading libstdc++ and friends dynamically would
  # take one of them. docs/decisions/002-linking.md
  target_link_options(hitch_options INTERFACE -static-libstdc++ -static-libgcc -no-pie)
  # A start touches pages all over a program: what nothing calls should not lie between.
  target_link_options(hitch_options INTERFACE -Wl,--gc-sections)
  target_compile_options(hitch_options INTERFACE -fno-pie -ffunction-sections -fdata-sections)
endif()

# What users run is linked statically; a debugger and a sanitizer want the libraries.
set(HITCH_STATIC ON)
if(HITCH_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(HITCH_STATIC OFF)
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)

# Headers from Debian are not ours to warn about.
add_library(hitch_boost INTERFACE)
target_include_directories(hitch_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_link_libraries(hitch_boost INTERFACE Threads::Threads)

# hitch_room(NAME FILES… [USES ROOM…] [LIBRARIES LIB…]): one folder of src/ is one target.
function(hitch_room name)
  cmake_parse_arguments(ROOM "" "" "FILES;USES;LIBRARIES" ${ARGN})
  add_library(hitch_${name} STATIC ${ROOM_FILES})
  target_link_libraries(hitch_${name} PUBLIC hitch_options)
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(hitch_${name} PUBLIC hitch_${used})
  endforeach()
  target_link_libraries(hitch_${name} PRIVATE ${ROOM_LIBRARIES})
endfunction()

# hitch_static_part(NAME): a program that hitch starts and nobody else. Static: it starts faster, and
# needs nothing of the machine.
function(hitch_static_part name)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${HITCH_LIBEXEC_DIR})
  if(NOT HITCH_SANITIZE)
    target_link_options(${name} PRIVATE -static)
  endif()
  install(TARGETS ${name} DESTINATION ${HITCH_LIBEXEC_DIR})
endfunction()
