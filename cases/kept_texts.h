// cases/kept_texts.h: which texts must stay for what covers them, or the case that they are in.
//
// A text belongs to the person whose case it is in, not to whom it mentions. While a legal hold or
// a restriction covers that person, the case or the text, or a duty to keep it runs, nobody decides
// that it goes along with somebody else (docs/retention.md). Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/state.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

// Position and why, in Italian and without personal data. A position that holds no text of that
// controller's is passed over. Opens each text; reads the log once where a rule of retention is
// set. corrupt, io.
using KeptTexts = std::map<std::uint64_t, std::string>;
Result<KeptTexts> kept_texts(const store::Store& store, crypto::Vault& vault,
                             const OrganisationState& organisation, const ControllerId& controller,
                             const std::vector<std::uint64_t>& positions, Date today);

// Why a text that would be erased alone stays all the same: its case is under a legal hold. Empty:
// none is, or the item is no text of a case. corrupt, io.
Result<std::string> kept_for_case(const store::Store& store, crypto::Vault& vault,
                                  const OrganisationState& organisation,
                                  const OrganisationState::Erasure& erasure, Date today);

}  // namespace cartella::cases
