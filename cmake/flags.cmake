# Language, warnings and floating-point flags for everything that is compiled here.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-Og -g -DCJ_DEBUG")

# The bits of a result may not depend on what a compiler contracts: an fma is written where one is meant.
set(floating_point -ffp-contract=off -fno-math-errno)
set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CAJAL_WERROR)
    list(APPEND warnings -Werror)
endif()
add_compile_options(${floating_point} ${warnings})
# Where an error names a line of ours, it names it from the root of the source; nothing that is installed
# tells where it was built.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
add_compile_definitions(_GNU_SOURCE)

if(CAJAL_SANITIZE)
    set(sanitize -fsanitize=${CAJAL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_compile_options(${sanitize} -g)
    add_link_options(${sanitize})
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        # In the program, as clang does it, so that the fault module can be preloaded.
        string(APPEND CMAKE_EXE_LINKER_FLAGS " -static-libasan -static-libtsan -static-libubsan")
    endif()
else()
    # A shared library names all that it needs (a sanitizer's run-time is only in the program).
    set(CMAKE_SHARED_LINKER_FLAGS "${CMAKE_SHARED_LINKER_FLAGS} -Wl,-z,defs")
endif()
if(CAJAL_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "CAJAL_FUZZ needs clang: configure with -DCMAKE_C_COMPILER=clang")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_link_options(-fsanitize=fuzzer-no-link)
endif()
