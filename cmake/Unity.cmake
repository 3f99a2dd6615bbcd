# cartella_unity(TARGET HEADER_FOLDER SOURCE...): compiles these sources of the target in a few large
# units, where CARTELLA_UNITY is on. What they have in common is then read and instantiated a few times
# instead of once a file: a build takes a third of the time. unity_groups.py keeps apart the files that
# give the same name to something of their own, so nobody has to think of this when naming. All
# presets but `dev` turn it on, which is for building again what changed, and sees each file with its own
# includes alone.
option(CARTELLA_UNITY "Compile modules and tests in a few large units" OFF)
set(CARTELLA_UNITY_FILES 12 CACHE STRING "How many files a unit has at most")

function(cartella_unity TARGET HEADER_FOLDER)
  if(NOT CARTELLA_UNITY)
    return()
  endif()
  set(script "${CMAKE_SOURCE_DIR}/cmake/unity_groups.py")
  execute_process(COMMAND "${PYTHON3}" "${script}" "${CARTELLA_UNITY_FILES}" "${HEADER_FOLDER}" ${ARGN}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" OUTPUT_VARIABLE grouped
    COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" grouped "${grouped}")
  while(grouped)
    list(POP_FRONT grouped number source)
    if(source)
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${TARGET}_${number}")
    endif()
  endwhile()
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # Told of what only the file itself may use, since here it is an included one.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${TARGET} PRIVATE -Wno-subobject-linkage)
  endif()
  # A name that is changed may change the groups.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${script}" ${ARGN})
endfunction()
