# Each tests/fuzz/SUBJECT.c defines LLVMFuzzerTestOneInput and becomes build/fuzz/SUBJECT.

add_custom_target(fuzz-targets)
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.c)
foreach(source ${fuzz_sources})
    cmake_path(GET source STEM subject)
    add_executable(fuzz_${subject} ${source})
    target_include_directories(fuzz_${subject} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(fuzz_${subject} PRIVATE cajal-io-static)
    add_dependencies(fuzz-targets fuzz_${subject})
    target_link_options(fuzz_${subject} PRIVATE -fsanitize=fuzzer)
    set_target_properties(fuzz_${subject} PROPERTIES
        OUTPUT_NAME ${subject} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
endforeach()
