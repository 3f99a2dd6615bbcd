#include "ops/import_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/local_time.h"
#include "cases/bootstrap.h"
#include "crypto/segment.h"
#include "ops/registry_facts.h"
#include "ops/registry_scan.h"

namespace cartella::ops {

namespace {

// One key for each file that is being imported: its ids cannot be computed any more once the import
// is complete (amendment 4). A key that is there tells an import that did not come to its end.
std::string key_names_of(const RegistryFileName& name) {
  return "import/registry/" + std::string(registry_kind_name(name.kind)) + '/' + name.comune + '/';
}
std::string key_name_of(const RegistryScan& scan) {
  return key_names_of(scan.name) + to_hex(scan.digest);
}

store::ReferenceKind reference_kind(RegistryFileKind kind) {
  switch (kind) {
    case RegistryFileKind::people: return store::ReferenceKind::residents;
    case RegistryFileKind::streets: return store::ReferenceKind::streets;
    case RegistryFileKind::civil_statuses: return store::ReferenceKind::civil_statuses;
  }
  return store::ReferenceKind::residents;
}

class FileImport {
 public:
  FileImport(const RegistryTarget& target, const RegistryScan& scan, const ImportOptions& options)
      : x_target(target),
        x_scan(scan),
        x_options(options),
        x_kind(registry_kind_name(scan.name.kind)),
        x_organisation(target.executor.organisation()) {}

  Result<RegistryFileSummary> run() {
    x_summary.file = x_scan.file.filename().string();
    x_summary.comune = x_scan.name.comune;
    x_summary.kind = x_kind;
    x_summary.records = x_scan.records;
    x_summary.accepted = x_scan.accepted;
    x_summary.faults = x_scan.faults.size();
    x_summary.warnings = x_scan.warnings.size();
    CARTELLA_TRY(const bool interrupted, is_interrupted());
    CARTELLA_TRY(x_summary.skipped, reason_to_skip(interrupted));
    if (!x_summary.skipped.empty()) return x_summary;
    CARTELLA_TRY(x_key, x_target.vault.named_secret(key_name_of(x_scan)));
    if (interrupted && x_target.store.position_of(closing_id())) {
      x_summary.skipped = "already_loaded";  // only the key was left
      CARTELLA_TRY(destroy_keys());
      return x_summary;
    }
    if (x_scan.name.kind == RegistryFileKind::people) {
      CARTELLA_TRY(find_variations());
      CARTELLA_TRY(load_residents());
    } else {
      CARTELLA_TRY(load_codes());
    }
    CARTELLA_TRY(close());
    CARTELLA_TRY(destroy_keys());
    return x_summary;
  }

 private:
  Result<bool> is_interrupted() const {
    CARTELLA_TRY(const auto open, x_target.vault.named_secrets(key_name_of(x_scan)));
    return !open.empty();
  }

  Result<std::string> reason_to_skip(bool interrupted) const {
    CARTELLA_TRY(const auto current,
                 x_target.reference.file(reference_kind(x_scan.name.kind), x_scan.name.comune));
    if (!current) return std::string{};
    if (current->date > x_scan.name.date) return std::string("older_file");
    const bool same = current->digest == x_scan.digest && current->date == x_scan.name.date;
    return std::string(same && !interrupted ? "already_loaded" : "");
  }

  EventId id_of(std::string_view what, const std::string& key) const {
    return crypto::import_event_id(
        x_key, to_hex(x_target.store.log_id().bytes),
        std::string(x_kind) + '/' + x_scan.name.comune + '/' + std::string(what),
        to_hex(x_scan.digest) + '/' + key);
  }
  EventId closing_id() const { return id_of("closed", ""); }

  cases::CommandContext context(const ControllerId& controller) const {
    cases::CommandContext context;
    context.actor = x_options.actor;
    context.role = "importazione";
    context.controller = controller;
    context.occurred_at = start_of(x_scan.name.date);
    context.source = "registry";
    context.legal_basis = "accesso all'anagrafe";
    context.purpose = "anagrafe";
    context.historical = true;
    return context;
  }

  // The lines that the scan refused; both passes must agree on what is a record.
  bool is_faulty(std::uint64_t line) const {
    const auto at = std::ranges::lower_bound(x_scan.faults, line, {}, &RegistryFault::line);
    return at != x_scan.faults.end() && at->line == line;
  }

  // What is loaded is what was controlled, and what the log will name by its digest.
  Status same_file(const Hash32& digest) const {
    if (digest == x_scan.digest) return ok();
    return fail(Errc::refused, "file_changed: il file " + x_scan.file.filename().string() +
                                   " è cambiato durante l'importazione e non è stato caricato: "
                                   "importarlo di nuovo quando è completo");
  }

  // Refused at its end where the file is not the one that was scanned: until then `each` may do
  // nothing that lasts.
  template <class Each>
  Status each_accepted(std::string_view stage, Each each) {
    CARTELLA_TRY(auto reader, RegistryReader::open(x_scan.file, x_scan.name.date));
    RegistryRecord record;
    std::uint64_t done = 0;
    while (true) {
      CARTELLA_TRY(const bool found, reader.next(record));
      if (!found) return same_file(reader.digest());
      if (++done % 256 == 0 || done == x_scan.records)
        if (x_options.progress) x_options.progress(stage, done, x_scan.records);
      if (!record.fault.empty() || is_faulty(record.line)) continue;
      record.person.comune = x_scan.name.comune;
      CARTELLA_TRY(each(record.person));
    }
  }

  // ---- variations of known people
  struct Known {
    store::Resident record;
    std::string codice;  // under which the service knows the person
  };

  Status find_variations() {
    if (x_organisation->entes.empty()) return ok();  // nobody can be known yet
    // The people of the service are few among the residents; they wait for the end of the file.
    std::vector<Known> known;
    CARTELLA_TRY(each_accepted("variazioni " + x_scan.name.comune,
                               [&](const store::Resident& record) -> Status {
                                 CARTELLA_TRY(auto codice, known_codice(record));
                                 if (codice) known.push_back({record, std::move(*codice)});
                                 return ok();
                               }));
    for (const Known& person : known) {
      CARTELLA_TRY(compare(person));
    }
    return ok();
  }

  Result<std::optional<std::string>> known_codice(const store::Resident& record) {
    const ControllerId any = cases::controller_of(x_organisation->entes.begin()->first);
    const auto is_known = [&](const std::string& codice) -> Result<bool> {
      if (codice.size() != 16) return false;
      CARTELLA_TRY(const auto person,
                   x_target.executor.find_person(any, cases::IdentifierKind::cf, codice));
      return person.has_value();
    };
    CARTELLA_TRY(const bool now, is_known(record.codice_fiscale));
    if (now) return std::optional(record.codice_fiscale);
    // A corrected codice is unknown: the record before this file tells the old one.
    CARTELLA_TRY(const auto before,
                 x_target.reference.find_matricola(x_scan.name.comune, record.matricola));
    if (!before || before->codice_fiscale == record.codice_fiscale)
      return std::optional<std::string>{};
    CARTELLA_TRY(const bool earlier, is_known(before->codice_fiscale));
    return earlier ? std::optional(before->codice_fiscale) : std::optional<std::string>{};
  }

  Status compare(const Known& known) {
    const store::Resident& record = known.record;
    ++x_summary.known;
    CARTELLA_TRY(const auto street, x_target.reference.label(store::ReferenceKind::streets,
                                                             record.comune, record.street_code));
    for (const auto& [ente, properties] : x_organisation->entes) {
      const ControllerId controller = cases::controller_of(ente);
      CARTELLA_TRY(const auto person, x_target.executor.find_person(
                                          controller, cases::IdentifierKind::cf, known.codice));
      if (!person || person->stream.is_zero()) continue;
      CARTELLA_TRY(vary(controller, person->stream, record, street.value_or("")));
    }
    return ok();
  }

  // The variation is written before its fact: what was interrupted between them still differs and
  // is found again, under the same ids.
  Status vary(const ControllerId& controller, const StreamId& person, const store::Resident& record,
              const std::string& street) {
    auto facts = registry_facts(x_target.store, x_target.vault, person);
    if (!facts) {
      if (facts.error().code == Errc::erased) return ok();
      return facts.error();
    }
    CARTELLA_TRY(tell_first_facts(controller, person, facts.value(), record, street));
    for (const RegistryVariationFact& fact : variations_of(person, facts.value(), record, street)) {
      const std::string name(variation_name(fact.kind));
      cases::CommandContext told = context(controller);
      told.valid_from = fact.valid_from;
      told.external_refs.push_back({"ANA_PER", record.comune, record.matricola});
      told.command_id = variation_id(name, controller, record);
      CARTELLA_TRY(execute(
          told, cases::RecordRegistryVariation{person, name, record.matricola, x_scan.digest}));
      told.command_id = id_of("fact/" + name, controller.hex() + '/' + record.matricola);
      CARTELLA_TRY(execute(told, fact.command));
    }
    return count_variations(controller, record);
  }

  // Of somebody whom the service knew before the registry was loaded: no variations, since nothing
  // changed, and under ids of their own.
  Status tell_first_facts(const ControllerId& controller, const StreamId& person,
                          const RegistryFacts& facts, const store::Resident& record,
                          const std::string& street) {
    for (const RegistryVariationFact& fact : first_facts_of(person, facts, record, street)) {
      cases::CommandContext told = context(controller);
      told.valid_from = fact.valid_from;
      told.external_refs.push_back({"ANA_PER", record.comune, record.matricola});
      told.command_id = id_of("first/" + std::string(variation_name(fact.kind)),
                              controller.hex() + '/' + record.matricola);
      CARTELLA_TRY(execute(told, fact.command));
    }
    return ok();
  }

  EventId variation_id(const std::string& name, const ControllerId& controller,
                       const store::Resident& record) const {
    return id_of("variation/" + name, controller.hex() + '/' + record.matricola);
  }

  // By what stands in the log, so that a repeated import counts those of the interrupted one, too.
  Status count_variations(const ControllerId& controller, const store::Resident& record) {
    for (int kind = 0; kind <= static_cast<int>(RegistryVariationKind::civil_status); ++kind) {
      const std::string name(variation_name(static_cast<RegistryVariationKind>(kind)));
      auto found = x_target.store.position_of(variation_id(name, controller, record));
      if (found)
        ++x_summary.variations;
      else if (found.error().code != Errc::not_found)
        return found.error();
    }
    return ok();
  }

  // A fact that the rules refuse (a codice that another person holds) leaves its variation as a
  // sign that somebody has to look.
  Status execute(const cases::CommandContext& context, const cases::Command& command) {
    auto outcome = x_target.executor.execute(context, command);
    if (outcome) return ok();
    const Errc code = outcome.error().code;
    if (code == Errc::refused || code == Errc::claim_taken || code == Errc::invalid_input ||
        code == Errc::idempotency_conflict)
      return ok();
    return outcome.error();
  }

  // Of this file, and of earlier ones whose import was given up: this file takes their place.
  Status destroy_keys() {
    CARTELLA_TRY(const auto names, x_target.vault.named_secrets(key_names_of(x_scan.name)));
    for (const std::string& name : names) {
      CARTELLA_TRY(x_target.vault.destroy_named(name));
    }
    return ok();
  }

  // ---- the reference
  store::ReferenceFile reference_file() const {
    return {x_scan.name.date, x_scan.digest, x_scan.records, x_scan.accepted};
  }

  Status load_residents() {
    CARTELLA_TRY(auto load, x_target.reference.replace_residents(x_scan.name.comune));
    CARTELLA_TRY(each_accepted("anagrafe " + x_scan.name.comune,
                               [&](const store::Resident& record) { return load->add(record); }));
    return load->commit(reference_file());
  }

  Status load_codes() {
    CARTELLA_TRY(const auto read, read_registry_codes(x_scan.file, x_scan.name.kind));
    CARTELLA_TRY(same_file(read.digest));
    std::vector<store::ReferenceCode> codes;
    codes.reserve(read.codes.size());
    for (const RegistryCode& code : read.codes) codes.push_back({code.code, code.label});
    return x_target.reference.replace_codes(reference_kind(x_scan.name.kind), x_scan.name.comune,
                                            codes, reference_file());
  }

  Status close() {
    // The comune may not be defined yet: its register comes before the predecessor's tables.
    ControllerId controller = cases::installation_controller();
    for (const auto& [ente, properties] : x_organisation->entes)
      if (properties.belfiore == x_scan.name.comune) controller = cases::controller_of(ente);
    cases::CommandContext closing = context(controller);
    closing.command_id = closing_id();
    // Refused, the import is not closed, and whoever started it is told.
    CARTELLA_TRY(x_target.executor.execute(
        closing,
        cases::RecordRegistryImport{x_scan.name.comune, std::string(x_kind), x_scan.name.date,
                                    x_scan.digest, x_summary.records, x_summary.accepted,
                                    x_summary.faults, x_summary.known, x_summary.variations}));
    return ok();
  }

  const RegistryTarget& x_target;
  crypto::Secret32 x_key;
  const RegistryScan& x_scan;
  const ImportOptions& x_options;
  std::string_view x_kind;
  std::shared_ptr<const cases::OrganisationState> x_organisation;
  RegistryFileSummary x_summary;
};

// Before any file is read: what may not be loaded is not looked at either.
Status check_acts(std::span<const std::filesystem::path> files, const RegistryTarget& target) {
  const auto organisation = target.executor.organisation();
  for (const std::filesystem::path& file : files) {
    CARTELLA_TRY(const auto name, parse_registry_file_name(file));
    constexpr const char* kRemedy = " (cartella registry enable); niente è stato caricato";
    const auto enabled = organisation->registries.find(name.comune);
    if (enabled == organisation->registries.end())
      return fail(
          Errc::refused,
          fmt::format("registry_not_enabled: l'anagrafe del comune {} non è abilitata: serve "
                      "un atto{}",
                      name.comune, kRemedy));
    if (enabled->second && *enabled->second < local_day(target.clock.wall()))
      return fail(Errc::refused,
                  fmt::format("registry_act_expired: l'atto che abilita l'anagrafe del comune {} è "
                              "scaduto il {}: serve un atto nuovo{}",
                              name.comune, format_date(*enabled->second), kRemedy));
  }
  return ok();
}

void tell_faults(const RegistryScan& scan, Rejects& rejects) {
  const std::string file = scan.file.filename().string();
  const std::string table(registry_kind_name(scan.name.kind));
  for (const RegistryFault& fault : scan.faults)
    rejects.add({file, fault.line, table, fault.matricola, Severity::rejected, fault.reason});
  for (const RegistryFault& warning : scan.warnings)
    rejects.add({file, warning.line, table, warning.matricola, Severity::warning, warning.reason});
}

}  // namespace

Result<RegistrySummary> import_registry(std::span<const std::filesystem::path> files,
                                        const RegistryTarget& target, const ImportOptions& options,
                                        Rejects& rejects) {
  CARTELLA_TRY(check_acts(files, target));
  std::vector<RegistryScan> scans;
  for (const std::filesystem::path& file : files) {
    if (options.progress) options.progress("controllo", scans.size(), files.size());
    CARTELLA_TRY(auto scan, scan_registry_file(file));
    scans.push_back(std::move(scan));
  }
  if (options.progress) options.progress("controllo", scans.size(), files.size());
  deduce_matricole(scans);
  // People last, each comune's older file first.
  std::ranges::stable_sort(scans, [](const RegistryScan& a, const RegistryScan& b) {
    const bool a_people = a.name.kind == RegistryFileKind::people;
    const bool b_people = b.name.kind == RegistryFileKind::people;
    return std::tuple(a_people, a.name.date, a.name.comune) <
           std::tuple(b_people, b.name.date, b.name.comune);
  });
  RegistrySummary summary;
  for (const RegistryScan& scan : scans) {
    CARTELLA_TRY(auto file, FileImport(target, scan, options).run());
    if (!file.skipped.empty() && file.skipped != "already_loaded")
      rejects.add({file.file, 0, file.kind, "", Severity::rejected, file.skipped});
    tell_faults(scan, rejects);
    summary.files.push_back(std::move(file));
  }
  return summary;
}

}  // namespace cartella::ops
