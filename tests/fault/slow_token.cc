// tests/fault/slow_token.cc: a PKCS#11 module before another one, which answers late or never.
//
//   CARTELLA_TOKEN_BEHIND   the module that does the work
//   CARTELLA_TOKEN_DELAY    a file with what is done before each log-in: a number of milliseconds,
//   or
//                           "hang"; asked each time, so that a test changes it
// Threads: as the module behind; the delay holds nothing.
#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

namespace {

ck_function_list* g_behind = nullptr;
ck_function_list g_calls;

void delay() {
  const char* const file = std::getenv("CARTELLA_TOKEN_DELAY");
  std::string word;
  if (file == nullptr || !(std::ifstream(file) >> word)) return;
  if (word == "hang")
    for (;;) ::pause();
  (void)::poll(nullptr, 0, std::atoi(word.c_str()));
}

ck_rv_t slow_log_in(ck_session_handle_t session, ck_user_type_t user, unsigned char* pin,
                    unsigned long size) {
  delay();
  return g_behind->C_Login(session, user, pin, size);
}

}  // namespace

extern "C" ck_rv_t C_GetFunctionList(ck_function_list** list) {
  const char* const file = std::getenv("CARTELLA_TOKEN_BEHIND");
  void* const module = file == nullptr ? nullptr : ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) return CKR_GENERAL_ERROR;
  const auto behind = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(module, "C_GetFunctionList"));
  if (behind == nullptr || behind(&g_behind) != CKR_OK) return CKR_GENERAL_ERROR;
  g_calls = *g_behind;
  g_calls.C_Login = slow_log_in;
  *list = &g_calls;
  return CKR_OK;
}
