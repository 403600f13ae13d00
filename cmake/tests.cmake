# tests/ROOM/test_SUBJECT.c (cmocka), .cc (C++17) and .sh (bash) are run by ctest as ROOM/test_SUBJECT.
# Label `slow` for a file whose first line (in a script: one of the first two) holds that word, else
# `fast`; `exhaustive` beside it where that word stands there too. The environment of a test:
#   CAJAL         the command                CAJAL_SOURCE  the source folder
#   CAJAL_BUILD   the build folder           CAJAL_FAULT   the module to LD_PRELOAD (tests/fault/fault.c)
#   CAJAL_CC      the C compiler             CAJAL_SANITIZE  the sanitizers built in, or empty
#   CAJAL_EMULATED  1 under qemu-user, else not set; CAJAL_EMULATOR is then what runs a program
# CAJAL_DATA (the folder of the larger data sets) is passed through from the caller.

find_package(PkgConfig)
if(PkgConfig_FOUND)
    pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
endif()
if(NOT CMOCKA_FOUND)
    message(FATAL_ERROR "the tests need cmocka and pkg-config: `make deps` installs them, "
        "-DCAJAL_TESTS=OFF builds without tests")
endif()

set(test_libraries cajal-static)
set(test_environment CAJAL_SOURCE=${PROJECT_SOURCE_DIR} CAJAL_BUILD=${PROJECT_BINARY_DIR}
    CAJAL_CC=${CMAKE_C_COMPILER} CAJAL_SANITIZE=${CAJAL_SANITIZE})
if(CMAKE_CROSSCOMPILING)
    list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
    list(APPEND test_environment CAJAL_EMULATED=1 "CAJAL_EMULATOR=${emulator}")
endif()
if(TARGET cajal AND CMAKE_CROSSCOMPILING)
    # One word that scripts can call: the command under the emulator.
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/cajal-emulated
        CONTENT "#!/bin/sh\nexec ${emulator} $<TARGET_FILE:cajal> \"$@\"\n"
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    list(APPEND test_environment CAJAL=${PROJECT_BINARY_DIR}/cajal-emulated)
elseif(TARGET cajal)
    list(APPEND test_environment CAJAL=$<TARGET_FILE:cajal>)
endif()
if(TARGET cajal-io-static)
    set(test_libraries cajal-io-static PkgConfig::JANSSON)
endif()
set(io_rooms data io plot study cli fault fuzz install system)

# The fault module and its victim take no sanitizer: it is preloaded before any run-time is there.
if(TARGET cajal-io-static)
    add_library(fault MODULE tests/fault/fault.c)
    add_executable(fault-victim tests/fault/victim.c)
    set_target_properties(fault PROPERTIES PREFIX "")
    set_target_properties(fault-victim PROPERTIES OUTPUT_NAME victim)
    set_target_properties(fault fault-victim PROPERTIES COMPILE_OPTIONS "${warnings}" LINK_OPTIONS ""
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/fault
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/fault)
    target_link_libraries(fault PRIVATE ${CMAKE_DL_LIBS})
    list(APPEND test_environment CAJAL_FAULT=$<TARGET_FILE:fault>)
endif()

# What several tests share: tests/support/*.c, included as "support/NAME.h".
file(GLOB support_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.c)
if(support_sources)
    add_library(test-support STATIC ${support_sources})
    target_include_directories(test-support PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(test-support PUBLIC ${test_libraries} PkgConfig::CMOCKA)
    list(PREPEND test_libraries test-support)
endif()

# tests/golden/bits.txt is written by this (see its head).
if(TARGET cajal-io-static)
    add_executable(golden-bits EXCLUDE_FROM_ALL tests/golden/bits.c)
    target_include_directories(golden-bits PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(golden-bits PRIVATE ${test_libraries})
    set_target_properties(golden-bits PROPERTIES OUTPUT_NAME bits
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/golden)
endif()

# cajal_test_properties(NAME SOURCE) - environment and label of a test.
function(cajal_test_properties name source)
    set(lines 1)
    if(source MATCHES "\\.sh$")
        set(lines 2)
    endif()
    file(STRINGS ${source} head LIMIT_COUNT ${lines})
    set(labels fast)
    set(timeout 300)
    if(CMAKE_CROSSCOMPILING)
        set(timeout 900) # qemu runs a program ten times slower
    endif()
    if(head MATCHES "slow")
        set(labels slow)
        set(timeout 1800)
    endif()
    if(head MATCHES "exhaustive")
        list(APPEND labels exhaustive)
        set(timeout 86400)
    endif()
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout}
        ENVIRONMENT "${test_environment}")
endfunction()

file(GLOB test_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*/test_*.c
    ${PROJECT_SOURCE_DIR}/tests/*/test_*.cc)
foreach(source ${test_sources})
    cmake_path(GET source STEM subject)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(GET folder FILENAME room)
    if(room IN_LIST io_rooms AND NOT TARGET cajal-io-static)
        continue()
    endif()
    if(source MATCHES "\\.cc$")
        enable_language(CXX)
    endif()
    set(target ${room}_${subject})
    add_executable(${target} ${source})
    target_include_directories(${target} PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${test_libraries} PkgConfig::CMOCKA m)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${subject}
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/${room})
    add_test(NAME ${room}/${subject} COMMAND ${target})
    cajal_test_properties(${room}/${subject} ${source})
endforeach()

file(GLOB test_scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*/test_*.sh)
foreach(source ${test_scripts})
    cmake_path(GET source STEM subject)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(GET folder FILENAME room)
    if(room IN_LIST io_rooms AND NOT TARGET cajal)
        continue()
    endif()
    # These build against an installed copy with the machine's own compilers, and test_install with every compiler
    # that is there, none of which knows the sanitizers' run-time of another.
    if(CMAKE_CROSSCOMPILING AND "${room}/${subject}" MATCHES "^install/test_(install|guide)$")
        message(NOTICE "not run under emulation: ${room}/${subject}")
        continue()
    elseif(CAJAL_SANITIZE AND "${room}/${subject}" STREQUAL "install/test_install")
        message(NOTICE "not run with sanitizers: ${room}/${subject}")
        continue()
    endif()
    add_test(NAME ${room}/${subject} COMMAND bash ${source})
    cajal_test_properties(${room}/${subject} ${source})
endforeach()
