# The libraries that users link: hitch::client and hitch::introspect, with their headers, for
# find_package(hitch) and pkg-config. docs/cpp.md
#
# The rooms of src/ are compiled once more for them: position independent, and without the flags of
# programs. What is exported are the two namespaces; the rest, Boost.JSON included, stays inside, so that
# a test may have its own.

# The headers as users include them: <hitch/service.h>. Inside of the project each header is named by
# its path from src/, which is translated here. Tests and examples use them as users do.
set(HITCH_HEADER_DIR ${CMAKE_BINARY_DIR}/include)
function(hitch_public_headers directory into)
  foreach(header IN LISTS ARGN)
    set(source ${CMAKE_SOURCE_DIR}/src/${directory}/${header})
    file(READ ${source} text)
    string(REPLACE "#include \"runtime/client/hitch/" "#include \"hitch/" text "${text}")
    string(REPLACE "#include \"introspect/" "#include \"hitch/introspect/" text "${text}")
    string(REPLACE "#include \"runtime/base/" "#include \"hitch/base/" text "${text}")
    file(CONFIGURE OUTPUT ${HITCH_HEADER_DIR}/${into}/${header} CONTENT "${text}" @ONLY)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  endforeach()
endfunction()
hitch_public_headers(runtime/client/hitch hitch
  errors.h gtest.h hitch.h json.h logs.h service.h service_bundle.h services.h subcommand.h)
hitch_public_headers(introspect hitch/introspect
  field.h field_json.h process.h process_error.h process_types.h snapshot.h tree.h)
hitch_public_headers(runtime/base hitch/base error.h result.h)

# hitch_library(NAME VERSIONS SOURCES…): a shared library of sources of rooms, by their paths from src/.
function(hitch_library name)
  cmake_parse_arguments(LIBRARY "" "" "SOURCES;LIBRARIES" ${ARGN})
  list(TRANSFORM LIBRARY_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/src/)
  add_library(hitch_${name}_library SHARED ${LIBRARY_SOURCES})
  add_library(hitch::${name} ALIAS hitch_${name}_library)
  set(exports ${CMAKE_SOURCE_DIR}/cmake/${name}.map)
  set_target_properties(hitch_${name}_library PROPERTIES
    OUTPUT_NAME hitch-${name} EXPORT_NAME ${name}
    VERSION ${PROJECT_VERSION} SOVERSION 0
    # One needs the other, wherever both are installed. That of a program is not asked for it. ld.so(8)
    INSTALL_RPATH "$ORIGIN"
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
    LINK_DEPENDS ${exports})
  target_compile_features(hitch_${name}_library INTERFACE cxx_std_20)
  target_include_directories(hitch_${name}_library INTERFACE
    $<BUILD_INTERFACE:${HITCH_HEADER_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(hitch_${name}_library PRIVATE $<BUILD_INTERFACE:hitch_warnings> ${LIBRARY_LIBRARIES})
  target_link_options(hitch_${name}_library PRIVATE -Wl,--version-script=${exports} -Wl,--as-needed)
  if(NOT HITCH_SANITIZE)  # whose functions are in the program
    target_link_options(hitch_${name}_library PRIVATE -Wl,--no-undefined)
  endif()
  install(TARGETS hitch_${name}_library EXPORT hitch
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP)
  install(TARGETS hitch_${name}_library
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_ONLY)
endfunction()

get_target_property(introspect_sources hitch_introspect SOURCES)
list(TRANSFORM introspect_sources PREPEND introspect/)
set(base_sources error.cc fd.cc packet.cc pidfd.cc text.cc unix_socket.cc utc_time.cc utf8.cc)
list(TRANSFORM base_sources PREPEND runtime/base/)
hitch_library(introspect
  SOURCES ${introspect_sources} ${base_sources}
  LIBRARIES Threads::Threads)

hitch_library(client
  SOURCES
    runtime/client/bundle_life.cc runtime/client/bundle_state.cc runtime/client/child_program.cc
    runtime/client/description.cc runtime/client/failure.cc runtime/client/gate_keeper.cc
    runtime/client/json.cc runtime/client/json_bridge.cc runtime/client/log_follower.cc
    runtime/client/log_reader.cc runtime/client/log_wait.cc runtime/client/log_watches.cc
    runtime/client/logs.cc runtime/client/postgres_service.cc runtime/client/python_services.cc
    runtime/client/quiet_thread.cc runtime/client/recipe_services.cc runtime/client/remark.cc
    runtime/client/run_output.cc runtime/client/running_bundles.cc runtime/client/service.cc
    runtime/client/service_bundle.cc runtime/client/shared_connection.cc
    runtime/client/start_failure.cc runtime/client/subcommand.cc
    runtime/control/json_library.cc runtime/control/json_text.cc runtime/control/rpc.cc
    runtime/logs/cursor.cc runtime/logs/log_file.cc runtime/logs/query.cc
    runtime/logs/record.cc runtime/logs/record_reader.cc
    ${base_sources}
  LIBRARIES hitch_introspect_library $<BUILD_INTERFACE:hitch_boost> Threads::Threads)
# What is installed can be moved as a whole: each part is found from where another one is.
file(RELATIVE_PATH bin_from_lib /${CMAKE_INSTALL_LIBDIR} /${CMAKE_INSTALL_BINDIR})
file(RELATIVE_PATH HITCH_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" HITCH_PREFIX_FROM_PC ${HITCH_PREFIX_FROM_PC})
target_compile_definitions(hitch_client_library PRIVATE
  HITCH_PROGRAM_FROM_LIBRARY="${bin_from_lib}/hitch")

# For users' builds.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hitch)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/hitchConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/hitchConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/hitchConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(EXPORT hitch NAMESPACE hitch:: FILE hitchTargets.cmake DESTINATION ${package_dir})
install(FILES ${CMAKE_BINARY_DIR}/package/hitchConfig.cmake
              ${CMAKE_BINARY_DIR}/package/hitchConfigVersion.cmake
        DESTINATION ${package_dir})
configure_file(${CMAKE_CURRENT_LIST_DIR}/hitch.pc.in ${CMAKE_BINARY_DIR}/package/hitch.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/package/hitch.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${HITCH_HEADER_DIR}/hitch DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
