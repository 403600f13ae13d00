# The command: cli/*.c -> build/cajal, with both libraries linked in, so that it runs from anywhere.

file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
file(GLOB study_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/studies/*/*.c)
if(cli_sources AND TARGET cajal-io-static)
    # studies/FAMILY/NAME.c registers cj_study_NAME; the table of all, with their texts, is generated.
    set(study_table ${PROJECT_BINARY_DIR}/study_table.c)
    list(JOIN study_sources "|" study_list)
    add_custom_command(OUTPUT ${study_table}
        COMMAND ${CMAKE_COMMAND} -DOUT=${study_table} "-DSTUDIES=${study_list}"
            -P ${PROJECT_SOURCE_DIR}/cmake/study_table.cmake
        DEPENDS ${study_sources} ${PROJECT_SOURCE_DIR}/cmake/study_table.cmake
        COMMENT "The table of studies" VERBATIM)
    add_executable(cajal ${cli_sources} ${study_table})
    if(study_sources) # they see the public headers alone
        add_library(studies OBJECT ${study_sources})
        target_include_directories(studies PRIVATE ${PROJECT_SOURCE_DIR}/include)
        target_compile_definitions(studies PRIVATE CJ_STUDY_TABLE)
        target_link_libraries(cajal PRIVATE studies)
    endif()
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
