#include <istream>
#include <iterator>
#include <ostream>

#include <boost/json.hpp>

#include "crypto/leaf.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "ops/source_file.h"

namespace cartella::ops {

namespace {

constexpr std::size_t kReceiptBytesMax = 64 * 1024;

struct GivenReceipt {
  crypto::Leaf leaf;
  crypto::LeafBytes leaf_bytes{};
  crypto::TlogProof proof;
};

Error malformed() { return fail(Errc::invalid_input, "non è una ricevuta"); }

// The answer of a command, or of /v1/receipts with its leaf: {"leaf": hex, "receipt": text}.
Result<GivenReceipt> parse_receipt(const std::string& text) {
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error || !value.is_object()) return malformed();
  const auto* leaf = value.as_object().if_contains("leaf");
  const auto* proof = value.as_object().if_contains("receipt");
  if (leaf == nullptr || !leaf->is_string() || proof == nullptr || !proof->is_string())
    return malformed();
  GivenReceipt given;
  const auto bytes = from_hex(std::string_view(leaf->as_string()));
  if (!bytes || bytes.value().size() != given.leaf_bytes.size()) return malformed();
  std::copy(bytes.value().begin(), bytes.value().end(), given.leaf_bytes.begin());
  CARTELLA_TRY(given.leaf, crypto::decode_leaf(given.leaf_bytes));
  CARTELLA_TRY(given.proof, crypto::decode_proof(std::string_view(proof->as_string())));
  return given;
}

}  // namespace

// Needs no store and no key: the receipt, and the log's public key from wherever it is trusted.
Result<int> run_check(const Options& options, Console& console) {
  CARTELLA_TRY(const auto verifier, crypto::parse_verifier_key(options.vkey));
  // One byte more than may be there, so that too much is seen and not cut.
  std::string text(kReceiptBytesMax + 1, '\0');
  console.in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(console.in.gcount()));
  if (text.size() > kReceiptBytesMax) return malformed();
  CARTELLA_TRY(const auto given, parse_receipt(text));
  CARTELLA_TRY(const auto checkpoint,
               crypto::open_checkpoint(given.proof.checkpoint, verifier.name, verifier.key));
  const bool is_in_log = given.leaf.position == given.proof.index &&
                         crypto::verify_inclusion(given.proof.index, checkpoint.size,
                                                  crypto::leaf_hash(given.leaf_bytes),
                                                  checkpoint.root, given.proof.hashes);
  if (!is_in_log) {
    console.out << "NON VALIDA: l'evento non sta nel registro che questo checkpoint firma\n";
    return static_cast<int>(kExitRefused);
  }
  const Table table{
      "receipt",
      "Ricevuta valida",
      {"Registro", "Posizione", "Eventi del registro", "Registrato", "Evento", "Flusso"},
      {"origin", "position", "size", "recorded_at", "event", "stream"},
      {{checkpoint.origin, static_cast<std::int64_t>(given.leaf.position),
        static_cast<std::int64_t>(checkpoint.size), format_time(given.leaf.recorded_at),
        given.leaf.event_id.hex(), given.leaf.stream_id.hex()}}};
  print_tables(console.out, {table}, options.format);
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
