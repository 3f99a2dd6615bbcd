#include "tests/fault/restore.h"

#include <cstdio>
#include <optional>
#include <set>
#include <vector>

#include "keeping/backup.h"
#include "keeping/backup_keys.h"
#include "keeping/erasure_register.h"
#include "keeping/restore.h"
#include "projections/decoded_event.h"
#include "store/file_io.h"
#include "store/restored_log.h"
#include "tests/fault/model.h"
#include "tests/fault/workload.h"

namespace cartella::fault {
namespace {

constexpr std::uint64_t kFirstNumber = 900'000'000;  // of commands that no client sends
constexpr std::int64_t kKeepUs = 3650ll * 86'400'000'000;

Error wrong(const std::string& what) { return fail(Errc::corrupt, what); }

// Whom to erase: a person and an item, both known to have been written.
struct Doomed {
  StreamId person;
  std::uint64_t name = 0;  // the number in the person's identifier
  std::optional<StreamId> item;
};

Result<Doomed> choose(const Keeping& keeping, const Installation& place) {
  std::vector<Fate> people;
  std::vector<Fate> items;
  const Model model = Model::read(keeping.notebook);
  for (const auto& [number, fate] : model.commands) {
    if (fate.known != Known::acknowledged) continue;
    if (fate.sent.kind == Kind::person || fate.sent.kind == Kind::contested) people.push_back(fate);
    if (fate.sent.kind == Kind::card || fate.sent.kind == Kind::opening) items.push_back(fate);
  }
  if (people.empty()) return fail(Errc::not_found, "nobody was registered");
  const Fate& chosen = people[keeping.choice % people.size()];
  Doomed doomed;
  CARTELLA_TRY(const auto first, place.log->read(chosen.ack.first));
  doomed.person = first.leaf.stream_id;
  doomed.name = chosen.sent.kind == Kind::person ? chosen.sent.number : chosen.sent.tag;
  for (const Fate& each : items) {
    if (each.sent.about == doomed.person) continue;
    CARTELLA_TRY(const auto event, place.log->read(each.ack.first));
    doomed.item = event.leaf.stream_id;
  }
  return doomed;
}

Status back_up(const Keeping& keeping, Installation& place) {
  const auto keys = keeping::read_backup_keys(keeping.second);
  if (keys && keys.value().newest > 0) return ok();
  const keeping::BackupSource source{
      keeping.dir, *place.log,      *place.vault,        nullptr,
      nullptr,     place.log_key(), *place.register_key, *place.clock};
  CARTELLA_TRY(keeping::make_backup(source, {keeping.copies, keeping.second, kKeepUs}));
  return ok();
}

Status erase(const Keeping& keeping, Installation& place, const Doomed& doomed) {
  CARTELLA_TRY(erase_by_two(place, keeping.run_seed, kFirstNumber, "person", doomed.person));
  if (doomed.item) {
    CARTELLA_TRY(erase_by_two(place, keeping.run_seed, kFirstNumber + 2, "item", *doomed.item));
  }
  keeping::ErasureParts parts = place.for_erasure();
  parts.register_folder = keeping.second;
  CARTELLA_TRY(keeping::finish_erasures(parts));
  return ok();
}

// What the living log still tells of each event: nothing where it was erased.
using Told = std::vector<std::optional<Hash32>>;

Result<Told> told_by(Installation& place) {
  Told told;
  CARTELLA_TRY(
      place.log->scan(0, place.log->size(), [&](const crypto::StoredEvent& event) -> Status {
        CARTELLA_TRY(const auto shown,
                     projections::decode_event(place.log->eras(), *place.vault, event));
        const bool is_gone = !shown.readable && shown.stored_bytes == 0;
        if (!is_gone && (!shown.readable || shown.has_erased_body()))
          return wrong("position " + std::to_string(event.leaf.position) + " is half erased");
        told.push_back(is_gone ? std::nullopt : std::optional<Hash32>(digest_of(event)));
        return ok();
      }));
  return told;
}

Result<Told> live_through(const Keeping& keeping, const Clock& clock, Doomed& doomed) {
  CARTELLA_TRY(auto place, Installation::open(keeping.dir, clock, {}));
  CARTELLA_TRY(place->engine->catch_up());
  CARTELLA_TRY(doomed, choose(keeping, *place));
  CARTELLA_TRY(back_up(keeping, *place));
  CARTELLA_TRY(erase(keeping, *place, doomed));
  CARTELLA_TRY(auto told, told_by(*place));
  for (const std::optional<StreamId>& each : {std::optional(doomed.person), doomed.item}) {
    if (!each) continue;
    CARTELLA_TRY(const auto events, place->log->read_stream(*each, 0, 1));
    if (events.empty() || told[events.front().leaf.position])
      return wrong("what two people decided to erase is still there");
  }
  CARTELLA_TRY(place->close());
  return told;
}

// As `cartella restore` does (ops/run_backup.cc), with the register of the second path.
Status restore(const Keeping& keeping, const Clock& clock) {
  if (!keeping::is_unfinished_restore(keeping.restored))
    std::filesystem::remove_all(keeping.restored);
  CARTELLA_TRY(const auto files,
               keeping::restore_files({keeping.copies, keeping.second, keeping.restored, {}}));
  CARTELLA_TRY(const auto held, store::make_restored_journal(keeping.restored, store_options({})));
  if (held.root != files.manifest.checkpoint.root) return wrong("the restored tree is another");
  CARTELLA_TRY(const auto vault,
               crypto::Vault::open(keeping.restored, passphrase(), vault_options()));
  CARTELLA_TRY(const auto key, keeping::register_key(*vault));
  CARTELLA_TRY(keeping::replay_erasures(*vault, files, keeping.second, key->public_key()));
  CARTELLA_TRY(vault->close());
  CARTELLA_TRY(store::make_directories(keeping.restored / "head"));
  std::filesystem::copy_file(keeping::erasure_register_path(keeping.second),
                             keeping::erasure_register_path(keeping.restored / "head"),
                             std::filesystem::copy_options::overwrite_existing);
  Setting setting;
  setting.with_views = false;
  CARTELLA_TRY(auto place, Installation::open(keeping.restored, clock, setting));
  CARTELLA_TRY(const auto records, keeping::read_erasures(keeping.second, place->log->log_id(),
                                                          place->register_key->public_key()));
  // No comune leaves here, and there is no population register to take out.
  const auto forget_registry = [](const ControllerId&) -> Status {
    return fail(Errc::unsupported, "a comune left");
  };
  CARTELLA_TRY(keeping::purge_erased(*place->log, *place->executor, records, forget_registry));
  CARTELLA_TRY(place->close());
  place.reset();
  return keeping::finish_restore(keeping.restored);
}

Status compare(const Keeping& keeping, const Clock& clock, const Told& told, const Doomed& doomed) {
  CARTELLA_TRY(auto place, Installation::open(keeping.restored, clock, {}));
  CARTELLA_TRY(const auto restored, told_by(*place));
  if (restored.size() > told.size()) return wrong("the restored log is longer");
  for (std::size_t at = 0; at < restored.size(); ++at) {
    if (!told[at] && restored[at])
      return wrong("what was erased at " + std::to_string(at) + " came back");
    if (told[at] != restored[at])
      return wrong("the restored event at " + std::to_string(at) + " is another");
  }
  CARTELLA_TRY(const auto known,
               place->executor->find_person(cases::controller_of(cases::kEnte),
                                            cases::IdentifierKind::internal,
                                            "N" + std::to_string(doomed.name), "Ente di prova"));
  if (known) return wrong("the identifier of whom was erased still leads to somebody");
  CARTELLA_TRY(place->engine->catch_up());
  return place->close();
}

Status all(const Keeping& keeping) {
  const JumpingClock clock;
  Doomed doomed;
  std::filesystem::create_directories(keeping.second);
  CARTELLA_TRY(const auto told, live_through(keeping, clock, doomed));
  CARTELLA_TRY(restore(keeping, clock));
  return compare(keeping, clock, told, doomed);
}

}  // namespace

int erase_and_restore(const Keeping& keeping) {
  const Status held = all(keeping);
  if (held) return 0;
  std::fprintf(stderr, "WRONG: %s (%s)\n", held.error().detail.c_str(),
               std::string(errc_name(held.error().code)).c_str());
  return 1;
}

}  // namespace cartella::fault
