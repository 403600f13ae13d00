# Headers, libraries, command, manual pages, completion; pkg-config files and the CMake package.

include(CMakePackageConfigHelpers)

file(GLOB public_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cajal/*.h)
install(FILES ${public_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cajal)

# The installed names: cajal::cajal, cajal::cajal-static, cajal::io, cajal::io-static.
set_target_properties(cajal-shared PROPERTIES EXPORT_NAME cajal)
set(cajal_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cajal)
install(TARGETS cajal-shared cajal-static EXPORT cajal)
install(EXPORT cajal NAMESPACE cajal:: FILE cajal-targets.cmake DESTINATION ${cajal_package_dir})

if(TARGET cajal-io-shared)
    set_target_properties(cajal-io-shared PROPERTIES EXPORT_NAME io)
    set_target_properties(cajal-io-static PROPERTIES EXPORT_NAME io-static)
    # Two sets: only the static library asks its user for zlib, libpng, libjpeg and jansson.
    install(TARGETS cajal-io-shared EXPORT cajal-io)
    install(TARGETS cajal-io-static EXPORT cajal-io-static)
    foreach(set cajal-io cajal-io-static)
        install(EXPORT ${set} NAMESPACE cajal:: FILE ${set}-targets.cmake
            DESTINATION ${cajal_package_dir})
    endforeach()
endif()

configure_package_config_file(cmake/cajal-config.cmake.in ${PROJECT_BINARY_DIR}/cajal-config.cmake
    INSTALL_DESTINATION ${cajal_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cajal-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cajal-config.cmake
    ${PROJECT_BINARY_DIR}/cajal-config-version.cmake DESTINATION ${cajal_package_dir})

# pkg-config finds the prefix from the place of the file, so that an installed tree can be moved.
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
foreach(part PREFIX LIBDIR INCLUDEDIR)
    set(pc_${part} ${CMAKE_INSTALL_${part}})
endforeach()
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR} OR IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
    set(pc_prefix_line "prefix=${CMAKE_INSTALL_PREFIX}")
    set(pc_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR})
    set(pc_INCLUDEDIR ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
    set(pc_prefix_line "prefix=\${pcfiledir}/${pc_prefix}")
    set(pc_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(pc_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
set(pc_files cajal)
if(TARGET cajal-io-shared)
    list(APPEND pc_files cajal-io)
endif()
foreach(file ${pc_files})
    configure_file(cmake/${file}.pc.in ${PROJECT_BINARY_DIR}/${file}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${file}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

if(TARGET cajal)
    install(TARGETS cajal)
    if(TARGET manual)
        install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
        install(FILES ${PROJECT_BINARY_DIR}/cajal.bash RENAME cajal
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
        install(FILES ${PROJECT_BINARY_DIR}/cajal.zsh RENAME _cajal
            DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    endif()
endif()
