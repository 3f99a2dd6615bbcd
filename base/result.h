// base/result.h: what an operation that the world can refuse returns.
//
// Operating errors are values (Result<T>); broken invariants abort (base/check.h). An Error carries
// a code that callers branch on and a detail for the person who reads it. The detail names things
// by opaque id, file, line or limit, never by personal data, keys or content. Threads: values, safe
// to move between threads.
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/success_failure.hpp>
#include <boost/outcome/try.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace cartella {

// One code is one HTTP status, one exit code and one retry rule: docs/errors.md lists them.
enum class Errc {
  invalid_argument,      // the caller asked for something that has no meaning
  invalid_input,         // bytes from outside break their format or a limit
  not_found,             // no such thing, or nothing the viewer may know of
  conflict,              // an expected revision was not met; reload and decide again
  idempotency_conflict,  // the command id was used for another command
  erased,                // the thing was lawfully erased
  claim_taken,           // an identifier already belongs to another subject
  refused,               // a domain rule forbids it; the detail says which
  illegal_transition,    // the case life cycle forbids it; the detail says why
  permission_denied,     // the actor may not do it
  subject_erased,        // the keys of a person are gone
  key_revoked,           // a signer may not sign any more
  bad_signature,         // a signature does not verify
  clock_suspect,         // the clock jumped; an operator must confirm it
  out_of_space,          // the disk reserve is reached
  unavailable,           // busy, stopping or a queue is full: retry later
  in_use,                // another process holds the data directory
  wrong_passphrase,      // the root key does not open the shard file
  corrupt,               // stored bytes do not match their hashes; the detail names the place
  rollback,              // the store is older than a checkpoint that is known
  io,                    // the operating system failed a read or a write
  unsupported,           // a version or algorithm that this build does not know
};

std::string_view errc_name(Errc code);

struct Error {
  Errc code;
  std::string detail;
};

inline Error fail(Errc code, std::string detail) { return Error{code, std::move(detail)}; }

template <class T>
using Result =
    BOOST_OUTCOME_V2_NAMESPACE::basic_result<T, Error,
                                             BOOST_OUTCOME_V2_NAMESPACE::policy::terminate>;
using Status = Result<void>;
inline auto ok() { return BOOST_OUTCOME_V2_NAMESPACE::success(); }

}  // namespace cartella

// CARTELLA_TRY(value, expression): binds the value or returns the error to the caller.
// CARTELLA_TRY(expression): for a Status.
#define CARTELLA_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
