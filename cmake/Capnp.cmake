# cartella_capnp(TARGET file.capnp...): compiles schemas into a library whose headers are included as
# "schema/x.capnp.h". Generated code is not held to our warnings.
function(cartella_capnp TARGET)
  set(outputs)
  foreach(file IN LISTS ARGN)
    set(source "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${file}")
    add_custom_command(
      OUTPUT "${output}.h" "${output}.c++"
      COMMAND ${CAPNP_COMPILER} compile "-oc++:${CMAKE_CURRENT_BINARY_DIR}"
              "--src-prefix=${CMAKE_CURRENT_SOURCE_DIR}" "${source}"
      DEPENDS "${source}" VERBATIM)
    list(APPEND outputs "${output}.c++" "${output}.h")
  endforeach()
  add_library(${TARGET} STATIC ${outputs})
  target_include_directories(${TARGET} SYSTEM PUBLIC "${CMAKE_BINARY_DIR}")
  target_link_libraries(${TARGET} PUBLIC PkgConfig::capnp)
endfunction()
