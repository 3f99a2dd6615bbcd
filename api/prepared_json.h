// api/prepared_json.h: what an author signs, and the signatures, as JSON.
//
// PreparationResult and Commit of api/openapi.yaml; web/src/prepared.ts checks the first.
// Threads: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cases/prepared.h"

namespace cartella::api {

// `prepared.done` is empty: there is something to sign.
std::string prepared_json(const cases::Prepared& prepared);

struct CommitRequest {
  Bytes token;
  std::vector<crypto::Signature> signatures;
};
// invalid_input: not an object of these two members alone, or one of them is malformed.
Result<CommitRequest> read_commit(std::string_view body);

}  // namespace cartella::api
