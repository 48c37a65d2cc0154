# CPack runs this when it has installed into its own directory, and before it makes the package.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)

# Whoever installs from source has the pages as they are. -n: no time, so that the same pages are
# the same bytes.
file(GLOB_RECURSE pages ${root}/share/man/*.[1-9])
foreach(page IN LISTS pages)
  execute_process(COMMAND gzip -9 -n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

# CPack makes directories by the umask of whoever calls it, and may be alone in reading them.
file(CHMOD_RECURSE ${root} DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
     GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
