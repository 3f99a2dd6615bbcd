#include "crypto/token.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "crypto/apart.h"

#define CRYPTOKI_GNU 1  // names as the rest of the project writes them
#include <p11-kit/pkcs11.h>

namespace cartella::crypto {
namespace {

using namespace std::string_view_literals;

// What the sealed root key is bound to besides its key.
constexpr auto kDomain = "cartella/root-token/1\0"sv;
constexpr unsigned long kTagBits = 128;
constexpr unsigned long kKeyBytes = 32;
constexpr std::size_t kSlotsMax = 256;

// The codes of PKCS#11 are numbers in its specification, and say nothing of PIN or key.
Error module_error(const char* what, ck_rv_t code) {
  if (code == CKR_TOKEN_NOT_PRESENT || code == CKR_DEVICE_REMOVED ||
      code == CKR_SESSION_HANDLE_INVALID)
    return fail(Errc::not_found, "the token was taken out");
  return fail(Errc::io,
              std::string("the PKCS#11 module cannot ") + what + ": code " + std::to_string(code));
}

// Labels and serial numbers are padded with spaces.
std::string trimmed(const unsigned char* text, std::size_t size) {
  std::string result(reinterpret_cast<const char*>(text), size);
  result.erase(result.find_last_not_of(" \0"sv) + 1);
  return result;
}

// A loaded and initialised module. It stays mapped: some of them do not survive being unloaded.
class Module {
 public:
  Module() = default;
  ~Module() {
    if (x_calls != nullptr) x_calls->C_Finalize(nullptr);
    if (x_library != nullptr) ::dlclose(x_library);
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  Status load(const std::filesystem::path& file) {
    const Error missing = fail(Errc::not_found, "no PKCS#11 module at " + file.string());
    if (!file.is_absolute())
      return fail(Errc::invalid_argument, "a PKCS#11 module has a full path");
    x_library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (x_library == nullptr) return missing;
    const auto list =
        reinterpret_cast<CK_C_GetFunctionList>(::dlsym(x_library, "C_GetFunctionList"));
    ck_function_list* calls = nullptr;
    if (list == nullptr || list(&calls) != CKR_OK || calls == nullptr) return missing;
    const ck_rv_t code = calls->C_Initialize(nullptr);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
      return module_error("start", code);
    x_calls = calls;
    return ok();
  }
  ck_function_list& calls() const { return *x_calls; }

 private:
  void* x_library = nullptr;
  ck_function_list* x_calls = nullptr;
};

struct Slot {
  ck_slot_id_t id = 0;
  ck_token_info info{};
};

Result<Slot> find_token(const Module& module, const std::string& label) {
  std::vector<ck_slot_id_t> ids(kSlotsMax);
  unsigned long count = ids.size();
  const ck_rv_t code = module.calls().C_GetSlotList(1, ids.data(), &count);
  if (code != CKR_OK) return module_error("list its slots", code);
  ids.resize(std::min<std::size_t>(count, ids.size()));
  std::optional<Slot> found;
  for (const ck_slot_id_t id : ids) {
    Slot slot{id, {}};
    if (module.calls().C_GetTokenInfo(id, &slot.info) != CKR_OK) continue;
    if (trimmed(slot.info.label, sizeof slot.info.label) != label) continue;
    if (found) return fail(Errc::invalid_argument, "two tokens have the label " + label);
    found = slot;
  }
  if (!found) return fail(Errc::not_found, "no token with the label " + label + " is there");
  return *found;
}

class Session {
 public:
  Session(const Module& module, const Slot& slot) : x_calls(module.calls()), x_slot(slot) {}
  ~Session() {
    if (x_logged_in) x_calls.C_Logout(x_handle);
    if (x_open) x_calls.C_CloseSession(x_handle);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // One try: a token counts them.
  Status log_in(const Passphrase& pin) {
    const Error locked = fail(Errc::wrong_passphrase, "the PIN of the token is locked");
    if ((x_slot.info.flags & CKF_USER_PIN_LOCKED) != 0) return locked;
    ck_rv_t code =
        x_calls.C_OpenSession(x_slot.id, CKF_SERIAL_SESSION, nullptr, nullptr, &x_handle);
    if (code != CKR_OK) return module_error("open a session", code);
    x_open = true;
    std::string text = pin.text;
    code = x_calls.C_Login(x_handle, CKU_USER, reinterpret_cast<unsigned char*>(text.data()),
                           text.size());
    wipe(text.data(), text.size());
    if (code == CKR_PIN_LOCKED) return locked;
    if (code == CKR_PIN_INCORRECT || code == CKR_PIN_INVALID || code == CKR_PIN_LEN_RANGE)
      return fail(Errc::wrong_passphrase, "the PIN of the token is wrong; it was tried once");
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return module_error("log in", code);
    x_logged_in = true;
    return ok();
  }

  Result<ck_object_handle_t> find_key(const std::string& label) {
    ck_object_class_t secret = CKO_SECRET_KEY;
    std::string name = label;
    std::array<ck_attribute, 2> wanted = {
        ck_attribute{CKA_CLASS, &secret, sizeof secret},
        ck_attribute{CKA_LABEL, name.data(), name.size()},
    };
    ck_rv_t code = x_calls.C_FindObjectsInit(x_handle, wanted.data(), wanted.size());
    if (code != CKR_OK) return module_error("look for a key", code);
    std::array<ck_object_handle_t, 2> found{};
    unsigned long count = 0;
    code = x_calls.C_FindObjects(x_handle, found.data(), found.size(), &count);
    x_calls.C_FindObjectsFinal(x_handle);
    if (code != CKR_OK) return module_error("look for a key", code);
    if (count == 0)
      return fail(Errc::not_found, "no key with the label " + label + " on the token");
    if (count > 1) return fail(Errc::invalid_argument, "two keys have the label " + label);
    CARTELLA_TRY(check_key(found[0]));
    return found[0];
  }

  enum class Way : std::uint8_t { seal, open };
  // Answers CKR_OK where exactly `to.size()` bytes came out.
  ck_rv_t gcm(Way way, ck_object_handle_t key, std::span<std::uint8_t> nonce, ByteView from,
              std::span<std::uint8_t> to) {
    const ByteView domain = as_bytes(kDomain);
    Bytes associated(domain.begin(), domain.end());
    ck_gcm_params params{nonce.data(),      nonce.size(),      nonce.size() * 8,
                         associated.data(), associated.size(), kTagBits};
    ck_mechanism mechanism{CKM_AES_GCM, &params, sizeof params};
    const bool sealing = way == Way::seal;
    const ck_rv_t code = sealing ? x_calls.C_EncryptInit(x_handle, &mechanism, key)
                                 : x_calls.C_DecryptInit(x_handle, &mechanism, key);
    if (code != CKR_OK) return code;
    Bytes input(from.begin(), from.end());
    // Some modules ask for room for the tag even where it goes.
    Bytes output(input.size() + 2 * kKeyBytes);
    unsigned long size = output.size();
    const ck_rv_t done =
        sealing ? x_calls.C_Encrypt(x_handle, input.data(), input.size(), output.data(), &size)
                : x_calls.C_Decrypt(x_handle, input.data(), input.size(), output.data(), &size);
    if (done == CKR_OK && size == to.size()) std::copy_n(output.begin(), to.size(), to.begin());
    wipe(input.data(), input.size());
    wipe(output.data(), output.size());
    return done == CKR_OK && size != to.size() ? CKR_DATA_LEN_RANGE : done;
  }

 private:
  Status check_key(ck_object_handle_t key) {
    ck_key_type_t type = 0;
    unsigned long length = 0;
    unsigned char extractable = 1;
    unsigned char sensitive = 0;
    std::array<ck_attribute, 4> asked = {
        ck_attribute{CKA_KEY_TYPE, &type, sizeof type},
        ck_attribute{CKA_VALUE_LEN, &length, sizeof length},
        ck_attribute{CKA_EXTRACTABLE, &extractable, sizeof extractable},
        ck_attribute{CKA_SENSITIVE, &sensitive, sizeof sensitive},
    };
    const ck_rv_t code = x_calls.C_GetAttributeValue(x_handle, key, asked.data(), asked.size());
    if (code != CKR_OK) return module_error("describe the key", code);
    if (type != CKK_AES || length != kKeyBytes)
      return fail(Errc::invalid_argument, "the key on the token is not of AES-256");
    if (extractable != 0 || sensitive == 0)
      return fail(Errc::invalid_argument,
                  "the key may leave the token: make one that is sensitive and not extractable");
    return ok();
  }

  ck_function_list& x_calls;
  const Slot x_slot;
  ck_session_handle_t x_handle = 0;
  bool x_open = false;
  bool x_logged_in = false;
};

// One at a time: tokens count wrong PINs, and some modules take a second process for an attack.
std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

Result<Bytes> wrap_here(const TokenAddress& address, const Passphrase& pin, const Secret32& root) {
  Module module;
  CARTELLA_TRY(module.load(address.module));
  CARTELLA_TRY(const auto slot, find_token(module, address.token));
  Session session(module, slot);
  CARTELLA_TRY(session.log_in(pin));
  CARTELLA_TRY(const auto key, session.find_key(address.object));
  WrappedRoot wrapped;
  std::copy_n(slot.info.serial_number, wrapped.serial.size(), wrapped.serial.begin());
  random_fill(wrapped.nonce);
  const ck_rv_t code =
      session.gcm(Session::Way::seal, key, wrapped.nonce, root.view(), wrapped.sealed);
  if (code != CKR_OK) return module_error("encrypt with AES-GCM", code);
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(wrapped.serial);
  writer.raw(wrapped.nonce);
  writer.raw(wrapped.sealed);
  return bytes;
}

Result<Bytes> unwrap_here(const TokenAddress& address, const Passphrase& pin,
                          const WrappedRoot& wrapped) {
  Module module;
  CARTELLA_TRY(module.load(address.module));
  CARTELLA_TRY(const auto slot, find_token(module, address.token));
  // Before the PIN: a token that is not ours gets none.
  if (std::memcmp(slot.info.serial_number, wrapped.serial.data(), wrapped.serial.size()) != 0)
    return fail(Errc::not_found, "another token: serial number " +
                                     trimmed(slot.info.serial_number, wrapped.serial.size()) +
                                     " in the place of " +
                                     trimmed(wrapped.serial.data(), wrapped.serial.size()));
  Session session(module, slot);
  CARTELLA_TRY(session.log_in(pin));
  CARTELLA_TRY(const auto key, session.find_key(address.object));
  Bytes root(kKeyBytes);
  WrappedRoot copy = wrapped;
  const ck_rv_t code = session.gcm(Session::Way::open, key, copy.nonce, copy.sealed, root);
  // A key that was made again under the same label is another one.
  if (code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_ENCRYPTED_DATA_LEN_RANGE ||
      code == CKR_GENERAL_ERROR || code == CKR_DATA_LEN_RANGE)
    return fail(Errc::corrupt, "the key on the token does not unwrap the root key");
  if (code != CKR_OK) return module_error("decrypt with AES-GCM", code);
  return root;
}

}  // namespace

Result<WrappedRoot> wrap_on_token(const TokenAddress& address, const Passphrase& pin,
                                  const Secret32& root) {
  const std::lock_guard alone(one_at_a_time());
  CARTELLA_TRY(const auto bytes, ask_apart([&] { return wrap_here(address, pin, root); }));
  ByteReader reader(bytes);
  WrappedRoot wrapped;
  if (!reader.copy(wrapped.serial) || !reader.copy(wrapped.nonce) || !reader.copy(wrapped.sealed) ||
      reader.remaining() != 0)
    return fail(Errc::io, "the PKCS#11 module broke its process");
  return wrapped;
}

Result<Secret32> unwrap_on_token(const TokenAddress& address, const Passphrase& pin,
                                 const WrappedRoot& wrapped) {
  const std::lock_guard alone(one_at_a_time());
  CARTELLA_TRY(auto bytes, ask_apart([&] { return unwrap_here(address, pin, wrapped); }));
  if (bytes.size() != kKeyBytes) return fail(Errc::io, "the PKCS#11 module broke its process");
  Secret32 root;
  std::copy_n(bytes.begin(), kKeyBytes, root.data());
  wipe(bytes.data(), bytes.size());
  return root;
}

}  // namespace cartella::crypto
