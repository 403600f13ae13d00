# The command: cli/*.c -> build/cajal, with both libraries linked in.

file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
if(cli_sources AND TARGET cajal-io-static)
    add_executable(cajal ${cli_sources})
    target_include_directories(cajal PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
    target_link_libraries(cajal PRIVATE cajal-io-static PkgConfig::JANSSON)
    set_target_properties(cajal PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endif()
