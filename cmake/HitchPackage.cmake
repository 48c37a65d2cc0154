# `cpack -G DEB` in the build directory, or `cmake --build … --target package`: one Debian package.
# docs/packaging.md
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hitch)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(HITCH_MAINTAINER "hitch maintainers <maintainers@hitch.invalid>" CACHE STRING
    "Name and address in the package")
set(CPACK_PACKAGE_CONTACT ${HITCH_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "runs a bundle of real services for a test")
set(CPACK_PACKAGE_DESCRIPTION "\
hitch runs a bundle of real services (a database, a cache, a web application,
a mail server: any program) as one throw-away test environment in Linux
namespaces. It starts them in the right order, knows when each is ready, runs
a test among them and leaves nothing behind. It needs no daemon, no images and
no root.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "uidmap, libfaketime, passt")

set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/finish_package.cmake)

# Policy asks each package for its licence and its changes, compressed. The latter in a form of its
# own, so that ours are its news. The date is SOURCE_DATE_EPOCH if there is one.
set(doc_dir ${CMAKE_INSTALL_DATADIR}/doc/hitch)
set(made ${CMAKE_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${made})
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${CMAKE_SOURCE_DIR}/cmake/copyright.in ${made}/copyright @ONLY)
configure_file(${CMAKE_SOURCE_DIR}/cmake/changelog.in ${made}/changelog @ONLY)
add_custom_command(OUTPUT ${made}/changelog.gz ${made}/NEWS.gz
  COMMAND gzip -9 -n -c ${made}/changelog > ${made}/changelog.gz
  COMMAND gzip -9 -n -c ${CMAKE_SOURCE_DIR}/CHANGELOG.md > ${made}/NEWS.gz
  DEPENDS ${made}/changelog ${CMAKE_SOURCE_DIR}/CHANGELOG.md VERBATIM)
add_custom_target(package_files ALL DEPENDS ${made}/changelog.gz ${made}/NEWS.gz)
install(FILES ${made}/copyright ${made}/changelog.gz ${made}/NEWS.gz DESTINATION ${doc_dir})

include(CPack)
