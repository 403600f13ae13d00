# build/bench/bench makes the table of `make bench`; each bench/bench_SUBJECT.c is a program of its own, for close work
# on one subject.

file(GLOB bench_all CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.c)
set(bench_table ${bench_all})
list(FILTER bench_table EXCLUDE REGEX "/bench_[^/]*$")
list(FILTER bench_all INCLUDE REGEX "/bench_[^/]*$")

set(bench_programs)
foreach(source ${bench_all})
    cmake_path(GET source STEM name)
    add_executable(${name} ${source})
    list(APPEND bench_programs ${name})
endforeach()
if(TARGET cajal-io-static) # weights go to the peer as safetensors
    add_executable(bench ${bench_table})
    target_compile_definitions(bench PRIVATE
        BENCH_PEER="${PROJECT_SOURCE_DIR}/bench/peer_torch.py")
    list(APPEND bench_programs bench)
endif()

foreach(name ${bench_programs})
    target_include_directories(${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/bench)
    if(TARGET cajal-io-static)
        target_link_libraries(${name} PRIVATE cajal-io-static)
    else()
        target_link_libraries(${name} PRIVATE cajal-static)
    endif()
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
endforeach()
