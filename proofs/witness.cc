#include "proofs/witness.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <span>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/note_text.h"
#include "store/file_io.h"

namespace cartella::proofs {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyMagic = "CRTW";
constexpr std::uint8_t kKeyVersion = 1;
constexpr std::size_t kNameBytesMax = 200;
constexpr std::uint64_t kKeyFileBytesMax = 1024;
constexpr std::uint64_t kLogsFileBytesMax = 256 * 1024;
constexpr std::size_t kLogsMax = 1000;  // a region has fewer ambiti
constexpr std::uint64_t kEvidenceBytesMax = 256 * 1024;
constexpr const char* kPlain = "text/plain; charset=utf-8";

struct Identity {
  crypto::Cosigner cosigner;
  crypto::Secret32 seed;
};

Result<Identity> read_identity(const fs::path& dir) {
  const fs::path path = dir / "witness.key";
  const Error damaged = fail(Errc::corrupt, path.string() + " is not the key of a witness");
  CARTELLA_TRY(const Bytes bytes, store::read_file(path, kKeyFileBytesMax));
  if (bytes.size() < sizeof(Hash32)) return damaged;
  const ByteView content = ByteView(bytes).first(bytes.size() - sizeof(Hash32));
  if (!std::ranges::equal(crypto::sha256(content), ByteView(bytes).last(sizeof(Hash32))))
    return damaged;
  ByteReader from(content);
  ByteView magic;
  ByteView name;
  std::uint8_t version = 0;
  Hash32 seed{};
  if (!from.raw(kKeyMagic.size(), magic) || as_text(magic) != kKeyMagic || !from.u8(version) ||
      version != kKeyVersion || !from.copy(seed) || !from.framed(kNameBytesMax, name) ||
      from.remaining() != 0 || !crypto::is_note_name(as_text(name)))
    return damaged;
  Identity identity{{std::string(as_text(name)), {}}, crypto::Secret32(seed)};
  crypto::wipe(seed.data(), seed.size());
  identity.cosigner.key = crypto::Signer(identity.seed).public_key();
  return identity;
}

// An origin is no file name: its hash is.
std::string file_name_of(const std::string& origin) {
  return to_hex(ByteView(crypto::sha256(as_bytes(origin))).first(16));
}

struct Followed {
  std::string origin;
  std::vector<crypto::PublicKey> keys;  // each of them signs for the log
  fs::path state_path;
  bool is_unusable = false;  // what was cosigned is there, and cannot be read
  std::mutex mutex;          // held from the look at `newest` until the new one is on the disk
  std::optional<crypto::Checkpoint> newest;
  std::string note;  // of `newest`
};
using AllFollowed = std::vector<std::unique_ptr<Followed>>;

auto find_origin(const AllFollowed& all, std::string_view origin) {
  return std::ranges::find_if(all, [&](const auto& each) { return each->origin == origin; });
}

bool is_signed_by_log(const Followed& followed, std::string_view note) {
  return std::ranges::any_of(followed.keys, [&](const crypto::PublicKey& key) {
    return crypto::open_checkpoint(note, followed.origin, key).has_value();
  });
}

// What is kept of a cosigned note: the lines of the log's keys and our own, by which it is known
// again when the key that signed it is followed no more.
Result<std::string> kept_of(const Followed& followed, std::string_view note,
                            const std::string& own_line, const crypto::Cosigner& self) {
  std::string kept;
  for (const crypto::PublicKey& key : followed.keys) {
    const auto by_key = crypto::note_signed_by(note, followed.origin, key);
    if (!by_key) continue;
    const std::string& more = by_key.value();
    kept += kept.empty() ? more : more.substr(more.rfind("\n\n") + 2);
  }
  return crypto::add_cosignatures(kept, own_line, std::span(&self, 1));
}

void load_state(Followed& followed, const crypto::Cosigner& self) {
  const auto bytes = store::read_file(followed.state_path, crypto::kNoteBytesMax);
  if (!bytes) {
    followed.is_unusable = bytes.error().code != Errc::not_found;
    return;
  }
  const std::string note(as_text(bytes.value()));
  auto checkpoint = crypto::read_checkpoint(note);
  const auto own = crypto::valid_cosignatures(note, std::span(&self, 1));
  const bool is_cosigned = own && !own.value().empty();
  followed.is_unusable = !checkpoint || checkpoint.value().origin != followed.origin ||
                         (!is_cosigned && !is_signed_by_log(followed, note));
  if (followed.is_unusable) return;
  followed.newest = std::move(checkpoint).value();
  followed.note = note;
}

Result<AllFollowed> load_followed(const fs::path& dir, const crypto::Cosigner& self,
                                  const std::vector<crypto::VerifierKey>& neighbours) {
  CARTELLA_TRY(const Bytes text, store::read_file(dir / "logs", kLogsFileBytesMax));
  CARTELLA_TRY(auto logs, parse_followed_logs(as_text(text)));
  logs.insert(logs.end(), neighbours.begin(), neighbours.end());
  AllFollowed all;
  for (const crypto::VerifierKey& log : logs) {
    const auto known = find_origin(all, log.name);
    Followed& followed =
        known != all.end() ? **known : *all.emplace_back(std::make_unique<Followed>());
    followed.origin = log.name;
    if (std::ranges::find(followed.keys, log.key) == followed.keys.end())
      followed.keys.push_back(log.key);
  }
  for (const auto& followed : all) {
    followed->state_path = dir / "state" / file_name_of(followed->origin);
    load_state(*followed, self);
  }
  return all;
}

fs::path evidence_path(const fs::path& dir, const std::string& origin, bool is_fork) {
  return dir / "evidence" / (file_name_of(origin) + (is_fork ? ".fork" : ".unproved"));
}

Result<std::optional<std::string>> read_evidence(const fs::path& dir, const std::string& origin,
                                                 bool is_fork) {
  const auto text = store::read_file(evidence_path(dir, origin, is_fork), kEvidenceBytesMax);
  if (text) return std::optional(std::string(as_text(text.value())));
  if (text.error().code == Errc::not_found) return std::optional<std::string>{};
  return text.error();
}

WitnessAnswer answer_of(WitnessVerdict verdict, unsigned status, std::string_view text) {
  WitnessAnswer answer;
  answer.verdict = verdict;
  answer.status = status;
  answer.content_type = kPlain;
  answer.body = std::string(text) + "\n";
  return answer;
}

WitnessAnswer conflict_of(WitnessVerdict verdict, std::uint64_t size) {
  WitnessAnswer answer = answer_of(verdict, 409, std::to_string(size));
  answer.content_type = "text/x.tlog.size";
  return answer;
}

WitnessAnswer unusable_answer() {
  return answer_of(WitnessVerdict::unusable, 500,
                   "what was cosigned cannot be read, so nothing more is");
}

// Whether the tree of `offered` contains the one that was cosigned last.
bool grows(const std::optional<crypto::Checkpoint>& newest, const crypto::Checkpoint& offered,
           const std::vector<Hash32>& proof) {
  const bool is_empty_before = !newest || newest->size == 0;
  if (offered.size == 0) return proof.empty() && offered.root == crypto::empty_root();
  if (is_empty_before || newest->size == offered.size) return proof.empty();
  return crypto::verify_consistency(newest->size, offered.size, newest->root, offered.root, proof);
}

}  // namespace

struct Witness::Impl {
  Impl(store::DirectoryLock held, fs::path at, const Clock& time, Identity identity,
       AllFollowed logs)
      : lock(std::move(held)),
        dir(std::move(at)),
        clock(time),
        cosigner(std::move(identity.cosigner)),
        signer(identity.seed),
        followed(std::move(logs)) {}

  // Evidence is worth a try, not a refusal of the answer: the answer refuses already.
  void keep_evidence(const Followed& of, const crypto::ConsistencyProof& offered, bool is_fork) {
    const fs::path path = evidence_path(dir, of.origin, is_fork);
    std::error_code error;
    if (fs::exists(path, error) || error) return;
    const std::string text =
        std::string(is_fork
                        ? "Due radici diverse per la stessa dimensione, firmate dal registro.\n"
                        : "Un checkpoint firmato dal registro, arrivato senza una prova valida che "
                          "contiene quello controfirmato prima. Da solo non prova nulla.\n") +
        "\n-- controfirmato --\n" + of.note + "\n-- rifiutato, con la prova presentata --\n" +
        crypto::encode_consistency(offered);
    static_cast<void>(store::replace_file(path, as_bytes(text)).has_value());
  }

  WitnessAnswer judge(Followed& of, const crypto::ConsistencyProof& offered,
                      const crypto::Checkpoint& checkpoint) {
    const std::lock_guard lock_of_log(of.mutex);
    const std::uint64_t last = of.newest ? of.newest->size : 0;
    if (offered.old_size != last) return conflict_of(WitnessVerdict::conflict, last);
    if (of.newest && last == checkpoint.size && of.newest->root != checkpoint.root) {
      keep_evidence(of, offered, true);
      return conflict_of(WitnessVerdict::fork, last);
    }
    if (!grows(of.newest, checkpoint, offered.hashes)) {
      keep_evidence(of, offered, false);
      return answer_of(WitnessVerdict::unproved, 422,
                       "the tree does not contain the one that was cosigned");
    }
    const auto seconds =
        static_cast<std::uint64_t>(std::max<std::int64_t>(clock.wall().us, 0)) / 1'000'000;
    auto line = crypto::cosign(offered.checkpoint, cosigner.name, signer, seconds);
    if (!line) return answer_of(WitnessVerdict::malformed, 400, "no checkpoint");
    if (!of.newest || of.newest->size != checkpoint.size) {
      auto kept = kept_of(of, offered.checkpoint, line.value(), cosigner);
      if (!kept) return answer_of(WitnessVerdict::malformed, 400, "too long to be kept");
      if (!store::replace_file(of.state_path, as_bytes(kept.value())))
        return answer_of(WitnessVerdict::failed, 500, "not kept, so not cosigned");
      of.newest = checkpoint;
      of.note = std::move(kept).value();
    }
    WitnessAnswer answer = answer_of(WitnessVerdict::cosigned, 200, "");
    answer.body = std::move(line).value();
    return answer;
  }

  const store::DirectoryLock lock;
  const fs::path dir;
  const Clock& clock;
  const crypto::Cosigner cosigner;
  const crypto::Signer signer;
  const AllFollowed followed;
};

Result<std::vector<crypto::VerifierKey>> parse_followed_logs(std::string_view text) {
  std::vector<crypto::VerifierKey> logs;
  const auto refused = [](std::size_t line, std::string_view what) {
    return fail(Errc::invalid_input, "elenco dei registri seguiti, riga " + std::to_string(line) +
                                         ": " + std::string(what));
  };
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (!line.starts_with("log ")) return refused(number, "serve 'log' e la chiave del registro");
    auto key = crypto::parse_verifier_key(line.substr(4));
    if (!key)
      return refused(number, "non è la chiave di un registro, come 'cartella init' la stampa");
    if (std::ranges::any_of(logs, [&](const crypto::VerifierKey& known) {
          return known.name == key.value().name && known.key == key.value().key;
        }))
      return refused(number, "questa chiave è già scritta sopra");
    if (logs.size() == kLogsMax) return refused(number, "troppi registri");
    logs.push_back(std::move(key).value());
  }
  return logs;
}

Status Witness::create(const fs::path& dir, const std::string& name) {
  if (!crypto::is_note_name(name) || name.size() > kNameBytesMax)
    return fail(Errc::invalid_argument,
                "il nome di un testimone non ha spazi né '+', come comune.example/testimone");
  std::error_code error;
  if (fs::exists(dir / "witness.key", error))
    return fail(Errc::invalid_argument, dir.string() + ": qui c'è già un testimone");
  for (const char* part : {"state", "evidence"}) {
    CARTELLA_TRY(store::make_directories(dir / part));
  }
  CARTELLA_TRY(store::replace_file(
      dir / "logs",
      as_bytes("# Una riga per registro: log CHIAVE, come 'cartella init' la stampa.\n")));
  const crypto::Secret32 seed = crypto::Secret32::random();
  const std::size_t size = kKeyMagic.size() + sizeof kKeyVersion + seed.view().size() +
                           sizeof(std::uint32_t) + name.size() + sizeof(Hash32);
  Bytes bytes;
  bytes.reserve(size);  // never moved, so that no copy of the seed stays behind
  ByteWriter to(bytes);
  to.raw(as_bytes(kKeyMagic));
  to.u8(kKeyVersion);
  to.raw(seed.view());
  to.framed(as_bytes(name));
  to.raw(crypto::sha256(bytes));
  CHECK(bytes.size() == size);
  const auto written = store::replace_file(dir / "witness.key", bytes);
  crypto::wipe(bytes.data(), bytes.size());
  return written;
}

Result<std::size_t> Witness::follow(const fs::path& dir, const std::string& verifier_key) {
  CARTELLA_TRY(const auto log, crypto::parse_verifier_key(verifier_key));
  CARTELLA_TRY(const Bytes before, store::read_file(dir / "logs", kLogsFileBytesMax));
  std::string text(as_text(before));
  CARTELLA_TRY(const auto logs, parse_followed_logs(text));
  std::size_t keys = 0;
  bool is_there = false;
  for (const crypto::VerifierKey& known : logs) {
    if (known.name != log.name) continue;
    ++keys;
    is_there |= known.key == log.key;
  }
  if (is_there) return keys;
  if (!text.empty() && !text.ends_with('\n')) text += "\n";
  text += "log " + verifier_key + "\n";
  CARTELLA_TRY(parse_followed_logs(text));
  CARTELLA_TRY(store::replace_file(dir / "logs", as_bytes(text)));
  return keys + 1;
}

Result<crypto::Cosigner> Witness::read_cosigner(const fs::path& dir) {
  CARTELLA_TRY(auto identity, read_identity(dir));
  return std::move(identity.cosigner);
}

Result<std::vector<FollowedStatus>> Witness::read_statuses(
    const fs::path& dir, const std::vector<crypto::VerifierKey>& neighbours) {
  CARTELLA_TRY(const auto cosigner, read_cosigner(dir));
  CARTELLA_TRY(const auto followed, load_followed(dir, cosigner, neighbours));
  std::vector<FollowedStatus> statuses;
  for (const auto& each : followed) {
    FollowedStatus status;
    status.origin = each->origin;
    status.keys = each->keys;
    status.is_unusable = each->is_unusable;
    status.size = each->newest ? each->newest->size : 0;
    CARTELLA_TRY(status.fork, read_evidence(dir, each->origin, true));
    CARTELLA_TRY(status.unproved, read_evidence(dir, each->origin, false));
    statuses.push_back(std::move(status));
  }
  return statuses;
}

Result<std::unique_ptr<Witness>> Witness::open(const fs::path& dir,
                                               const std::vector<crypto::VerifierKey>& neighbours,
                                               const Clock& clock) {
  CARTELLA_TRY(auto identity, read_identity(dir));
  CARTELLA_TRY(auto lock, store::DirectoryLock::acquire(dir));
  CARTELLA_TRY(auto followed, load_followed(dir, identity.cosigner, neighbours));
  auto impl =
      std::make_unique<Impl>(std::move(lock), dir, clock, std::move(identity), std::move(followed));
  return std::unique_ptr<Witness>(new Witness(std::move(impl)));
}

Witness::Witness(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Witness::~Witness() = default;

const crypto::Cosigner& Witness::cosigner() const { return x_impl->cosigner; }
std::size_t Witness::log_count() const { return x_impl->followed.size(); }
std::vector<std::size_t> Witness::unusable_logs() const {
  std::vector<std::size_t> unusable;
  for (std::size_t i = 0; i < x_impl->followed.size(); ++i)
    if (x_impl->followed[i]->is_unusable) unusable.push_back(i);
  return unusable;
}

WitnessAnswer Witness::add_checkpoint(std::string_view body) {
  const auto offered = crypto::decode_consistency(body);
  const auto said = offered ? crypto::read_checkpoint(offered.value().checkpoint)
                            : Result<crypto::Checkpoint>(offered.error());
  if (!said) return answer_of(WitnessVerdict::malformed, 400, "no add-checkpoint request");
  const auto& all = x_impl->followed;
  const auto found = find_origin(all, said.value().origin);
  if (found == all.end())
    return answer_of(WitnessVerdict::unknown_log, 404, "this log is not followed here");
  Followed& followed = **found;
  WitnessAnswer answer;
  if (!is_signed_by_log(followed, offered.value().checkpoint))
    answer = answer_of(WitnessVerdict::forged, 403, "not signed by the log");
  else if (offered.value().old_size > said.value().size)
    answer = answer_of(WitnessVerdict::malformed, 400, "the old size is beyond the checkpoint");
  else if (followed.is_unusable)
    answer = unusable_answer();
  else
    answer = x_impl->judge(followed, offered.value(), said.value());
  answer.log = static_cast<std::size_t>(found - all.begin());
  answer.size = said.value().size;
  return answer;
}

WitnessAnswer Witness::newest_checkpoint(std::string_view origin) const {
  const auto& all = x_impl->followed;
  const auto found = find_origin(all, origin);
  if (found == all.end())
    return answer_of(WitnessVerdict::unknown_log, 404, "this log is not followed here");
  Followed& followed = **found;
  const std::lock_guard lock(followed.mutex);
  WitnessAnswer answer;
  if (followed.is_unusable) {
    answer = unusable_answer();
  } else if (followed.note.empty()) {
    return answer_of(WitnessVerdict::unknown_log, 404, "nothing was cosigned yet");
  } else {
    answer = answer_of(WitnessVerdict::cosigned, 200, "");
    answer.body = followed.note;
    answer.size = followed.newest ? followed.newest->size : 0;
  }
  answer.log = static_cast<std::size_t>(found - all.begin());
  return answer;
}

}  // namespace cartella::proofs
