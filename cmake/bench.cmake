# Each bench/SUBJECT.c is a program build/bench/bench_SUBJECT; `make bench` runs them.

file(GLOB bench_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.c)
foreach(source ${bench_sources})
    cmake_path(GET source STEM subject)
    string(REGEX REPLACE "^bench_" "" subject ${subject})
    add_executable(bench_${subject} ${source})
    target_include_directories(bench_${subject} PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/bench)
    if(TARGET cajal-io-static)
        target_link_libraries(bench_${subject} PRIVATE cajal-io-static)
    else()
        target_link_libraries(bench_${subject} PRIVATE cajal-static)
    endif()
    set_target_properties(bench_${subject} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
endforeach()
