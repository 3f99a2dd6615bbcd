// ops/witnessing.h: witnesses and time-stamps as the command line names them.
//
// Threads: the main thread, or the one that runs a verb inside the server.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "ops/options.h"
#include "ops/output.h"
#include "ops/workspace.h"
#include "proofs/anchor_check.h"
#include "proofs/anchoring.h"
#include "proofs/witness_policy.h"

namespace cartella::ops {

// Nothing where no file is named. invalid_input: names the line; io, not_found.
Result<std::optional<proofs::WitnessPolicy>> read_witness_policy(const Options& options);

// Asks the witnesses and the authority that the options name; null where they name none. The
// workspace and the logger outlive it. invalid_argument: an address without its file of
// authorities, or the other way round; what read_witness_policy and Anchoring::start return.
Result<std::unique_ptr<proofs::Anchoring>> start_anchoring(const Options& options,
                                                           Workspace& workspace,
                                                           const Logger& logger);

// What the anchors kept beside the log prove of it. What check_anchors and read_witness_policy
// return.
Result<proofs::AnchorReport> check_kept_anchors(const Options& options, Workspace& workspace);
bool has_anchors(const std::filesystem::path& data_dir);

// The newest anchors: size, cosignatures, how many witnesses are independent, time-stamps.
Table anchor_table(const proofs::AnchorReport& report, bool has_policy);
// One Italian sentence for people: to where outsiders vouch for the log, and how many of them are
// independent of its host.
std::string anchor_summary(const proofs::AnchorReport& report, bool has_policy, bool is_judged);

}  // namespace cartella::ops
