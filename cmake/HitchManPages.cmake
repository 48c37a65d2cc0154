# hitch(1) is made by hitch itself, of what it knows of its command line; hitch.yaml(5) of the page
# of the documentation. Both are in the build tree where the installed tree has them.
set(HITCH_MAN_DIR ${CMAKE_BINARY_DIR}/${CMAKE_INSTALL_MANDIR})
file(MAKE_DIRECTORY ${HITCH_MAN_DIR}/man1 ${HITCH_MAN_DIR}/man5)

set(page ${HITCH_MAN_DIR}/man1/hitch.1)
add_custom_command(OUTPUT ${page} COMMAND hitch help --man > ${page} DEPENDS hitch VERBATIM)
list(APPEND HITCH_MAN_PAGES ${page})
install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  set(page ${HITCH_MAN_DIR}/man5/hitch.yaml.5)
  set(maker ${CMAKE_SOURCE_DIR}/scripts/make_man.py)
  set(source ${CMAKE_SOURCE_DIR}/docs/bundle-file.md)
  add_custom_command(OUTPUT ${page}
    COMMAND ${Python3_EXECUTABLE} -B ${maker} ${PROJECT_VERSION} ${source} > ${page}
    DEPENDS ${maker} ${source} VERBATIM)
  list(APPEND HITCH_MAN_PAGES ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
else()
  message(STATUS "No Python 3 here: hitch.yaml(5) is left out")
endif()

add_custom_target(man_pages ALL DEPENDS ${HITCH_MAN_PAGES})
