add_library(cartella_options INTERFACE)
target_compile_options(cartella_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion
  -fstack-protector-strong -fno-omit-frame-pointer)
target_compile_definitions(cartella_options INTERFACE _GLIBCXX_ASSERTIONS)
target_include_directories(cartella_options INTERFACE "${CMAKE_SOURCE_DIR}")
if(CARTELLA_WERROR)
  target_compile_options(cartella_options INTERFACE -Werror)
endif()
