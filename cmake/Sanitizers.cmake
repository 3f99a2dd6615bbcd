# CARTELLA_SANITIZE=address, thread or fuzzer builds our code with that sanitizer; the libraries are Debian's
# and stay without. The presets set the flags of the build type Sanitize: project() defines that
# variable, empty, before this file could. GCC's -Og compiles faster than no optimisation, since less
# code is left to instrument, and the tests run faster, too.
if(CARTELLA_SANITIZE STREQUAL "address")
  # What UBSan finds is a trap, whose place AddressSanitizer prints (handle_sigill, tests/run): to compile a
  # sentence for each check takes a sixth longer.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
    -fsanitize-undefined-trap-on-error)
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
