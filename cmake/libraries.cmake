# libcajal and libcajal-io, each static and shared from one set of position-independent objects.

# cajal_sources(VARIABLE ROOM...) - the C files of the rooms src/ROOM.
function(cajal_sources variable)
    set(sources)
    foreach(room ${ARGN})
        file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.c)
        list(APPEND sources ${found})
    endforeach()
    set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# cajal_objects(NAME SOURCE...) - compiles the sources once for both kinds of library.
function(cajal_objects name)
    add_library(${name} OBJECT ${ARGN})
    target_include_directories(${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    set_property(GLOBAL APPEND PROPERTY CAJAL_OBJECT_LIBRARIES ${name})
endfunction()

# cajal_library(NAME OUTPUT OBJECTS...) - NAME-shared and NAME-static from object libraries.
function(cajal_library name)
    set(objects)
    foreach(object_library ${ARGN})
        list(APPEND objects $<TARGET_OBJECTS:${object_library}>)
    endforeach()
    add_library(${name}-shared SHARED ${objects})
    add_library(${name}-static STATIC ${objects})
    foreach(kind shared static)
        set_target_properties(${name}-${kind} PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C)
        target_include_directories(${name}-${kind} PUBLIC
            $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    endforeach()
    set_target_properties(${name}-shared PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
endfunction()

# ---- libcajal: libc and libm alone ----

set(cajal_object_libraries)
cajal_sources(engine_sources base graph transform compile nn optim solve numeric)
if(engine_sources)
    cajal_objects(engine-objects ${engine_sources})
    list(APPEND cajal_object_libraries engine-objects)
endif()

cajal_sources(cpu_sources cpu)
if(cpu_sources)
    cajal_objects(cpu-objects ${cpu_sources})
    target_compile_options(cpu-objects PRIVATE $<IF:$<CONFIG:Debug>,-O1,-O3>)
    list(APPEND cajal_object_libraries cpu-objects)
endif()

# src/cpu/isa/*.c is one portable source, compiled once for each instruction set of the target. Which
# of them runs is chosen when a context is made.
set(isa_flags_baseline -DCJ_ISA_BASELINE)
set(isa_flags_avx2 -DCJ_ISA_AVX2 -mavx2 -mfma -mbmi2)
set(isa_flags_avx512 -DCJ_ISA_AVX512 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mbmi2
    -mprefer-vector-width=512)
set(isa_flags_neon -DCJ_ISA_NEON)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(instruction_sets baseline avx2 avx512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(instruction_sets baseline neon)
else()
    set(instruction_sets baseline)
endif()

cajal_sources(isa_sources cpu/isa)
if(isa_sources)
    # The register tiles are one expression of hundreds of loads each; with a check on every one a compiler takes
    # many minutes. Their tests compare every element with the reference, and their callers are checked.
    if(CAJAL_SANITIZE MATCHES "address|undefined")
        set_source_files_properties(${PROJECT_SOURCE_DIR}/src/cpu/isa/contract.c PROPERTIES
            COMPILE_OPTIONS "-fno-sanitize=address,undefined")
    endif()
    foreach(isa ${instruction_sets})
        cajal_objects(isa-${isa}-objects ${isa_sources})
        target_compile_options(isa-${isa}-objects PRIVATE
            $<IF:$<CONFIG:Debug>,-O1,-O3> ${isa_flags_${isa}})
        if(CAJAL_FUZZ) # the readers are what is fuzzed
            target_compile_options(isa-${isa}-objects PRIVATE -fno-sanitize=all)
        endif()
        list(APPEND cajal_object_libraries isa-${isa}-objects)
    endforeach()
endif()

cajal_library(cajal ${cajal_object_libraries})
target_link_libraries(cajal-shared PRIVATE m)
set(THREADS_PREFER_PTHREAD_FLAG OFF)
find_package(Threads REQUIRED)
target_link_libraries(cajal-static PRIVATE m ${CMAKE_DL_LIBS} ${CMAKE_THREAD_LIBS_INIT})

# ---- libcajal-io: formats, data, plots ----

cajal_sources(io_sources data io plot study)
if(CAJAL_IO)
    find_package(ZLIB)
    find_package(PNG)
    find_package(JPEG)
    find_package(PkgConfig)
    if(PkgConfig_FOUND)
        pkg_check_modules(JANSSON IMPORTED_TARGET jansson)
    endif()
    if(NOT (ZLIB_FOUND AND PNG_FOUND AND JPEG_FOUND AND JANSSON_FOUND))
        message(FATAL_ERROR "libcajal-io needs zlib, libpng, libjpeg and jansson with their headers, and "
            "pkg-config: `make deps` installs them, -DCAJAL_IO=OFF builds libcajal alone")
    endif()
    set(io_dependencies PNG::PNG ZLIB::ZLIB JPEG::JPEG PkgConfig::JANSSON)
endif()
if(CAJAL_IO AND io_sources)
    cajal_objects(io-objects ${io_sources})
    target_link_libraries(io-objects PRIVATE ${io_dependencies})
    cajal_library(cajal-io io-objects)
    # What libcajal-io takes from the inside of libcajal (files, hashes) is not exported there: the
    # shared libcajal-io carries its own copy of it, hidden.
    target_link_libraries(cajal-io-shared PUBLIC cajal-shared
        PRIVATE $<BUILD_INTERFACE:$<LINK_ONLY:cajal-static>> ${io_dependencies} m)
    target_link_options(cajal-io-shared PRIVATE -Wl,--exclude-libs,libcajal.a)
    target_link_libraries(cajal-io-static PUBLIC cajal-static PRIVATE ${io_dependencies})
endif()
