# cartella_precompile(TARGET HEADER...): compiles these headers once for all sources of the target,
# where CARTELLA_PRECOMPILE is on. The preset `ci` turns it on for tests only: GCC 12 warns falsely
# about inlined library code that comes from a precompiled header at -O2. The presets with a sanitizer
# turn it on for everything, since half of their time is reading headers. clang-tidy cannot read one,
# and the compiler cache passes it by. The others see every file with its own includes alone, as `ci`
# sees the modules, so that a file that lacks one does not build there.
option(CARTELLA_PRECOMPILE "Precompile the headers that most tests of a module read" OFF)

function(cartella_precompile TARGET)
  if(NOT CARTELLA_PRECOMPILE)
    return()
  endif()
  set(headers)
  foreach(header IN LISTS ARGN)
    if(NOT header MATCHES "^<")
      set(header "${CMAKE_SOURCE_DIR}/${header}")
    endif()
    list(APPEND headers "${header}")
  endforeach()
  target_precompile_headers(${TARGET} PRIVATE ${headers})
endfunction()
