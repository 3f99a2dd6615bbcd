# CARTELLA_SANITIZE=address, thread or fuzzer builds our code with that sanitizer; the libraries are Debian's
# and stay without. Build type Sanitize: -O1 keeps stacks readable and the tests within CI's time.
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1" CACHE STRING "Flags of the build type Sanitize")
set(CMAKE_EXE_LINKER_FLAGS_SANITIZE "" CACHE STRING "Linker flags of the build type Sanitize")

if(CARTELLA_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(CARTELLA_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(CARTELLA_SANITIZE STREQUAL "fuzzer")
  # clang 14 under tests/fuzz/run. The include is what clang needs before Cap'n Proto 0.9.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    -include "${CMAKE_SOURCE_DIR}/tests/tidy/clang_kj.h")
  add_link_options(-fsanitize=address,undefined)
  set(CARTELLA_FUZZ ON)
elseif(NOT CARTELLA_SANITIZE STREQUAL "")
  message(FATAL_ERROR "CARTELLA_SANITIZE is '${CARTELLA_SANITIZE}'; use 'address', 'thread', 'fuzzer' or nothing")
endif()
