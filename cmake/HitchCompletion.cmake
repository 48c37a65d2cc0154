# What shells read to complete words of hitch, made by `hitch completion`.
set(dir ${CMAKE_BINARY_DIR}/completion)
file(MAKE_DIRECTORY ${dir})
set(HITCH_COMPLETION_FILES ${dir}/hitch ${dir}/_hitch ${dir}/hitch.fish)
add_custom_command(OUTPUT ${HITCH_COMPLETION_FILES}
  COMMAND hitch completion bash > ${dir}/hitch
  COMMAND hitch completion zsh > ${dir}/_hitch
  COMMAND hitch completion fish > ${dir}/hitch.fish
  DEPENDS hitch VERBATIM)
add_custom_target(completion ALL DEPENDS ${HITCH_COMPLETION_FILES})

install(FILES ${dir}/hitch DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${dir}/hitch.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Debian's zsh looks at vendor-completions below /usr, and at site-functions below /usr/local. Which
# one it is can be told only when the prefix is known. Quoted as code for then.
install(CODE "\
set(zsh_dir site-functions)
if(CMAKE_INSTALL_PREFIX MATCHES \"/usr/?$\")
  set(zsh_dir vendor-completions)
endif()
file(INSTALL \"${dir}/_hitch\"
     DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${zsh_dir}\")")
