// cases/retention_duty.h: whether what an erasure would take still has to be kept.
//
// The ambito sets how long a category is kept (SetRetentionRule), each event type says of which
// category it is and what starts the term (docs/retention.md). Where a rule stands and the term has
// not begun, since a case is open for instance, or not ended, an erasure of the item or the person
// is decided as a restriction, whoever decides (DS-18, DS-20). A controller that leaves takes its
// duties along with its data. Threads: free functions, any thread.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/state.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

// `months` civil months later, on the same day of the month or on its last one.
Date months_later(Date from, std::uint32_t months);

// The duty in Italian, a few words without personal data; empty where none runs: no rule is set for
// what the erasure takes, or every term ended before `today`. Where a rule is set at all, reads the
// body of every event once, about 3 s per million, and opens those of the person. corrupt, io.
Result<std::string> running_duty(const store::Store& store, crypto::Vault& vault,
                                 const OrganisationState& organisation,
                                 const OrganisationState::Erasure& erasure, Date today);
// The same of streams of several people, of which each is whose; without those that are free.
// Reads the log once for all of them.
Result<std::map<StreamId, std::string>> running_duties(
    const store::Store& store, crypto::Vault& vault, const OrganisationState& organisation,
    const ControllerId& controller, const std::map<StreamId, SubjectId>& owners, Date today);

}  // namespace cartella::cases
