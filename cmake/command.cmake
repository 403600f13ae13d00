# The command: cli/*.c -> build/cajal, with both libraries linked in, so that it runs from anywhere.

file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(cli_sources AND TARGET cajal-io-static)
    add_executable(cajal ${cli_sources})
    target_include_directories(cajal PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
    target_link_libraries(cajal PRIVATE cajal-io-static PkgConfig::JANSSON)
    set_target_properties(cajal PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

    # Manual pages and shell completion are written by the command from its own table of options.
    set(options_table ${PROJECT_SOURCE_DIR}/cli/help.c)
    if(EXISTS ${options_table} AND (NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR))
        set(man_stamp ${PROJECT_BINARY_DIR}/man.stamp)
        add_custom_command(OUTPUT ${man_stamp} ${PROJECT_BINARY_DIR}/cajal.bash
            ${PROJECT_BINARY_DIR}/cajal.zsh
            COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
            COMMAND cajal help --man-pages ${PROJECT_BINARY_DIR}/man
            COMMAND cajal help --completion bash > ${PROJECT_BINARY_DIR}/cajal.bash
            COMMAND cajal help --completion zsh > ${PROJECT_BINARY_DIR}/cajal.zsh
            COMMAND ${CMAKE_COMMAND} -E touch ${man_stamp}
            DEPENDS cajal COMMENT "Manual pages and completion" VERBATIM)
        add_custom_target(manual ALL DEPENDS ${man_stamp})
    endif()
endif()
