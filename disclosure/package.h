// disclosure/package.h: a report as one ZIP, with the digests and proofs to check it by.
//
//   index.html              the report, opens offline
//   report.pdf              the same for print
//   data/NN-<section>.json  one file a section, and .csv
//   accesses.csv            section 12
//   redactions.json         what was left out, and why
//   verifica.html           the page that checks all this, where the program was built with it
//   proofs/checkpoint.txt   the signed head of the log
//   proofs/request.tlog-proof, proofs/<position>.tlog-proof
//   manifest.json           SHA-256 of every file, position, checkpoint, leaves of the events
//
// Built in memory, so nothing personal lies in a file that nobody asked for. Equal reports give
// equal bytes but for the newest checkpoint: times of files are fixed. Threads: free functions.
#pragma once

#include <map>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/signer.h"
#include "disclosure/pdf.h"
#include "disclosure/report.h"
#include "store/store.h"

namespace cartella::disclosure {

inline constexpr std::size_t kPackageProofsMax = 500;  // about 600 KiB

using PackageFiles = std::map<std::string, Bytes>;  // by path inside the package

// Everything but the ZIP around it. What make_pdf and the store's proofs return.
Result<PackageFiles> package_files(const Report& report, const store::Store& store,
                                   const crypto::PublicKey& log_key, const PdfOptions& pdf = {});
// io: the archive could not be made.
Result<Bytes> zip_files(const PackageFiles& files);

}  // namespace cartella::disclosure
