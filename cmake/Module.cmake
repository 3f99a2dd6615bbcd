# cartella_module(NAME [PRECOMPILE header] [DEPS module...] [LIBS target...])
# A folder is a module is a static library `cartella_<NAME>`: every .cc in the folder belongs to it.
# PRECOMPILE names the header that most of its files read, for builds with a sanitizer.
# DEPS are our own modules (public); LIBS are third-party targets, private because their headers
# stay in .cc files.
function(cartella_module NAME)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;PUBLIC_LIBS;PRECOMPILE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(NOT sources)
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/empty.cc" "")
    set(sources "${CMAKE_CURRENT_BINARY_DIR}/empty.cc")
  endif()
  add_library(cartella_${NAME} STATIC ${sources})
  target_link_libraries(cartella_${NAME} PUBLIC cartella_options Threads::Threads)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(cartella_${NAME} PUBLIC cartella_${dep})
  endforeach()
  target_link_libraries(cartella_${NAME} PRIVATE ${ARG_LIBS} PUBLIC ${ARG_PUBLIC_LIBS})
  if(CARTELLA_SANITIZE)
    cartella_precompile(cartella_${NAME} <algorithm> <array> <chrono> <functional> <map> <memory>
      <optional> <set> <span> <string> <string_view> <utility> <vector> ${ARG_PRECOMPILE})
  endif()
endfunction()
