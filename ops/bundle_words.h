// ops/bundle_words.h: what an auditor's bundle proves and what it does not, in plain Italian.
//
// Read by people who do not trust the operator and did not write this program; what is not proved
// is said as plainly as what is. Threads: free functions, any thread.
#pragma once

#include <string>

#include "proofs/bundle_check.h"

namespace cartella::ops {

std::string bundle_words(const proofs::BundleReport& report);
// The same facts for machines: one JSON object with its newline.
std::string bundle_json(const proofs::BundleReport& report);

}  // namespace cartella::ops
