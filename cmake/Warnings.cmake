# cartella_options: what every target of ours is compiled with. -Wnull-dereference is left out: GCC 12
# reports it inside inlined standard containers at -O2, where there is nothing of ours to mend.
add_library(cartella_options INTERFACE)
target_compile_options(cartella_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wdouble-promotion
  -fstack-protector-strong -fno-omit-frame-pointer)
target_link_options(cartella_options INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
target_compile_definitions(cartella_options INTERFACE _GLIBCXX_ASSERTIONS)
# glibc's checked copies and reads: they want an optimised build, and the sanitizers see more themselves.
if(CARTELLA_SANITIZE STREQUAL "" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(cartella_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
target_include_directories(cartella_options INTERFACE "${CMAKE_SOURCE_DIR}")
if(CARTELLA_WERROR)
  target_compile_options(cartella_options INTERFACE -Werror)
endif()
