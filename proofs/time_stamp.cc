#include "proofs/time_stamp.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include "base/free_by.h"
#include "crypto/note_text.h"

namespace cartella::proofs {

namespace {

using Query = std::unique_ptr<TS_REQ, FreeBy<TS_REQ_free>>;
using Response = std::unique_ptr<TS_RESP, FreeBy<TS_RESP_free>>;
using Imprint = std::unique_ptr<TS_MSG_IMPRINT, FreeBy<TS_MSG_IMPRINT_free>>;
using Algorithm = std::unique_ptr<X509_ALGOR, FreeBy<X509_ALGOR_free>>;
using Number = std::unique_ptr<ASN1_INTEGER, FreeBy<ASN1_INTEGER_free>>;
using Trust = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using Check = std::unique_ptr<TS_VERIFY_CTX, FreeBy<TS_VERIFY_CTX_free>>;
using Memory = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;

constexpr std::size_t kNonceBytes = 16;

// Errors stay in a list of the thread, where the next caller would find them.
struct ClearErrors {
  ~ClearErrors() { ERR_clear_error(); }
};

Error malformed() { return fail(Errc::invalid_input, "this is no RFC 3161 response"); }

Query query_of(const Hash32& digest) {
  Query query(TS_REQ_new());
  const Imprint imprint(TS_MSG_IMPRINT_new());
  const Algorithm algorithm(X509_ALGOR_new());
  if (!query || !imprint || !algorithm) return nullptr;
  Hash32 bytes = digest;  // the library wants to be able to write
  const bool made =
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
      TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
      TS_MSG_IMPRINT_set_msg(imprint.get(), bytes.data(), static_cast<int>(bytes.size())) == 1 &&
      TS_REQ_set_version(query.get(), 1) == 1 &&
      TS_REQ_set_msg_imprint(query.get(), imprint.get()) == 1 &&
      TS_REQ_set_cert_req(query.get(), 1) == 1;
  return made ? std::move(query) : nullptr;
}

bool add_nonce(TS_REQ* query) {
  std::array<unsigned char, kNonceBytes> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, of full length
  BIGNUM* number = BN_bin2bn(bytes.data(), bytes.size(), nullptr);
  const Number nonce(number != nullptr ? BN_to_ASN1_INTEGER(number, nullptr) : nullptr);
  BN_free(number);
  return nonce && TS_REQ_set_nonce(query, nonce.get()) == 1;
}

Response parse_response(ByteView bytes) {
  if (bytes.empty() || bytes.size() > kTimeStampBytesMax) return nullptr;
  const unsigned char* at = bytes.data();
  Response response(d2i_TS_RESP(nullptr, &at, static_cast<long>(bytes.size())));
  if (!response || at != bytes.data() + bytes.size()) return nullptr;
  return response;
}

std::string name_of(PKCS7* token) {
  STACK_OF(X509)* signers = PKCS7_get0_signers(token, nullptr, 0);
  if (signers == nullptr) return {};
  std::string name;
  const Memory text(BIO_new(BIO_s_mem()));
  if (text && sk_X509_num(signers) > 0 &&
      X509_NAME_print_ex(text.get(), X509_get_subject_name(sk_X509_value(signers, 0)), 0,
                         XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(text.get(), &bytes);
    name.assign(bytes, static_cast<std::size_t>(count));
  }
  sk_X509_free(signers);
  return name;
}

Result<TimeStamp> read_parsed(TS_RESP* response) {
  TS_TST_INFO* info = TS_RESP_get_tst_info(response);
  PKCS7* token = TS_RESP_get_token(response);
  if (info == nullptr || token == nullptr)
    return fail(Errc::invalid_input, "the authority did not grant a time-stamp");
  std::tm civil{};
  const ASN1_GENERALIZEDTIME* time = TS_TST_INFO_get_time(info);
  if (time == nullptr || ASN1_TIME_to_tm(time, &civil) != 1) return malformed();
  TimeStamp stamp;
  stamp.time.us = static_cast<std::int64_t>(timegm(&civil)) * 1'000'000;
  stamp.authority = name_of(token);
  return stamp;
}

// The authority's certificate is judged as of the time that it put on the stamp.
Result<Trust> trust_at(const std::string& ca_file, TimeUs time) {
  Trust trust(X509_STORE_new());
  if (!trust || X509_STORE_load_file(trust.get(), ca_file.c_str()) != 1)
    return fail(Errc::io, ca_file + ": no authorities in PEM");
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust.get()),
                             static_cast<std::time_t>(time.us / 1'000'000));
  return trust;
}

Result<TimeStamp> check_parsed(TS_RESP* response, TS_REQ* query, const std::string& ca_file) {
  CARTELLA_TRY(auto stamp, read_parsed(response));
  CARTELLA_TRY(auto trust, trust_at(ca_file, stamp.time));
  const Check check(TS_REQ_to_TS_VERIFY_CTX(query, nullptr));
  if (!check) return malformed();
  TS_VERIFY_CTX_set_store(check.get(), trust.release());  // which it frees
  // First what was asked, then who answers, so that the two are told apart.
  const unsigned nonce = TS_REQ_get_nonce(query) != nullptr ? TS_VFY_NONCE : 0;
  TS_VERIFY_CTX_set_flags(check.get(), static_cast<int>(TS_VFY_VERSION | TS_VFY_IMPRINT | nonce));
  if (TS_RESP_verify_response(check.get(), response) != 1)
    return fail(Errc::invalid_input, "the time-stamp is of something else than was asked");
  TS_VERIFY_CTX_set_flags(check.get(), TS_VFY_SIGNATURE | TS_VFY_SIGNER);
  if (TS_RESP_verify_response(check.get(), response) != 1)
    return fail(Errc::bad_signature, "the time-stamp is signed by nobody who is trusted");
  return stamp;
}

}  // namespace

Result<Bytes> make_time_stamp_query(const Hash32& digest) {
  const ClearErrors clear;
  const Query query = query_of(digest);
  unsigned char* der = nullptr;
  if (!query || !add_nonce(query.get()))
    return fail(Errc::unsupported, "OpenSSL makes no time-stamp query");
  const int count = i2d_TS_REQ(query.get(), &der);
  if (count <= 0) return fail(Errc::unsupported, "OpenSSL makes no time-stamp query");
  Bytes bytes(der, der + count);
  OPENSSL_free(der);
  return bytes;
}

Result<TimeStamp> check_time_stamp_answer(ByteView response, ByteView query,
                                          const std::string& ca_file) {
  const ClearErrors clear;
  const unsigned char* at = query.data();
  const Query asked(d2i_TS_REQ(nullptr, &at, static_cast<long>(query.size())));
  const Response parsed = parse_response(response);
  if (!asked || !parsed) return malformed();
  return check_parsed(parsed.get(), asked.get(), ca_file);
}

Result<TimeStamp> check_time_stamp(ByteView response, const Hash32& digest,
                                   const std::string& ca_file) {
  const ClearErrors clear;
  const Query asked = query_of(digest);
  const Response parsed = parse_response(response);
  if (!asked || !parsed) return malformed();
  return check_parsed(parsed.get(), asked.get(), ca_file);
}

Result<TimeStamp> check_time_stamp(ByteView response, std::span<const Hash32> digests,
                                   const std::string& ca_file) {
  for (const Hash32& digest : digests) {
    auto stamp = check_time_stamp(response, digest, ca_file);
    if (stamp || stamp.error().code != Errc::invalid_input) return stamp;
  }
  return fail(Errc::invalid_input, "the time-stamp is none, or of something else");
}

std::vector<std::string> stamped_notes(std::string_view note,
                                       std::span<const crypto::VerifierKey> keys) {
  std::vector<std::string> notes;
  for (const crypto::VerifierKey& key : keys) {
    auto alone = crypto::note_signed_by(note, key.name, key.key);
    if (alone && std::ranges::find(notes, alone.value()) == notes.end())
      notes.push_back(std::move(alone).value());
  }
  if (notes.size() < 2) return notes;
  const auto parts = crypto::split_note(note);
  if (!parts) return notes;
  const std::string text = std::string(parts.value().text) + "\n";
  std::string together = text;
  for (const crypto::NoteLine& line : parts.value().lines)
    if (std::ranges::find(notes, text + std::string(line.whole)) != notes.end())
      together += line.whole;
  notes.push_back(std::move(together));
  return notes;
}

Result<TimeStamp> read_time_stamp(ByteView response) {
  const ClearErrors clear;
  const Response parsed = parse_response(response);
  if (!parsed) return malformed();
  return read_parsed(parsed.get());
}

}  // namespace cartella::proofs
