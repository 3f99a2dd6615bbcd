#include "benchmarks/ledger.h"

#include <chrono>
#include <future>

#include "cases/bootstrap.h"
#include "cases/executor.h"
#include "crypto/command_id.h"

namespace cartella::bench {

namespace {

crypto::Passphrase passphrase() { return {"frase di prova per le misure"}; }

crypto::VaultOptions vault_options() {
  crypto::VaultOptions options;
  options.fast_passphrase = true;  // the derivation is not what is measured
  return options;
}

class NoCodes final : public cases::BenefitCodes {
 public:
  std::optional<std::string> denomination(std::string_view, Date) const override { return {}; }
};

class LedgerSystem final : public System {
 public:
  LedgerSystem(const std::filesystem::path& dir, Signing signing)
      : x_signing(signing), x_ledger(Ledger::create(dir)) {}

  std::string name() const override {
    return x_signing == Signing::author ? "cartella, author-checked" : "cartella, server-signed";
  }
  bool blocking() const override { return false; }

  void prepare(const Shape& shape) override {
    x_maker = x_ledger->maker(x_signing, shape.event_bytes);
    while (x_slots.size() < shape.in_flight) x_slots.push_back(x_ledger->new_slot(x_slots.size()));
    x_alone = shape.in_flight == 1;
    const std::size_t each = shape.events / shape.in_flight + 2;
    for (std::size_t i = 0; i < shape.in_flight; ++i) x_maker->sign_ahead(x_slots[i], each);
  }

  Wait submit(std::size_t slot) override {
    store::Call call;
    call.events.push_back(x_maker->make(x_slots[slot], EventMaker::Check::by_taker));
    std::memcpy(call.command_digest.data(), call.events[0].leaf.event_id.bytes.data(), 16);
    if (x_alone) {
      must(x_ledger->store().append(std::move(call)));
      return [] {};
    }
    auto answer = std::make_shared<std::future<Result<store::Receipt>>>(
        x_ledger->store().append_async(std::move(call)));
    return [answer] { must(answer->get()); };
  }

 private:
  Signing x_signing;
  std::unique_ptr<Ledger> x_ledger;
  std::unique_ptr<EventMaker> x_maker;
  std::vector<Slot> x_slots;
  bool x_alone = false;  // one caller has nothing to do but to wait
};

}  // namespace

std::unique_ptr<Ledger> Ledger::create(const std::filesystem::path& dir) {
  std::filesystem::create_directories(dir);
  auto ledger = std::make_unique<Ledger>();
  ledger->x_vault = must(crypto::Vault::create(dir, passphrase(), vault_options()));
  ledger->open_signers();
  cases::AmbitoParameters ambito;
  ambito.name = "Misure";
  ambito.slug = "misure";
  ambito.region_istat = "10";
  ambito.mode = "test";
  const auto identity = must(cases::new_log_identity(ambito));
  ledger->x_store = must(store::Store::create(dir, identity.log, identity.origin,
                                              *ledger->x_log_key, ledger->x_clock, {}));
  must(cases::initialise(*ledger->x_store, *ledger->x_vault, *ledger->x_log_key,
                         *ledger->x_server_key, ledger->x_clock, ambito));
  ledger->enrol_author();
  return ledger;
}

void Ledger::enrol_author() {
  const NoCodes codes;
  const auto executor =
      must(cases::Executor::open(*x_store, *x_vault, *x_server_key, x_clock, codes, {}));
  const crypto::Signer author(author_seed());
  OperatorId worker;
  worker.bytes[0] = 1;
  const auto proof =
      author.sign(crypto::possession_message(x_store->log_id(), author.public_key(), worker));
  cases::CommandContext context;
  context.actor = cases::installation_actor();
  context.controller = cases::installation_controller();
  context.occurred_at = x_clock.wall();
  for (const cases::Command& command :
       {cases::Command(cases::DefineOperator{worker, "operatore001", true}),
        cases::Command(cases::EnrolSigner{
            author.public_key(), worker, {"append"}, Bytes(proof.begin(), proof.end())})}) {
    context.command_id = crypto::new_command_id(x_clock);
    must(executor->execute(context, command));
  }
}

std::unique_ptr<Ledger> Ledger::open(const std::filesystem::path& dir, double& store_seconds) {
  auto ledger = std::make_unique<Ledger>();
  ledger->x_vault = must(crypto::Vault::open(dir, passphrase(), vault_options()));
  ledger->open_signers();
  const auto start = std::chrono::steady_clock::now();
  ledger->x_store = must(store::Store::open(dir, *ledger->x_log_key, ledger->x_clock, {}));
  store_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return ledger;
}

void Ledger::open_signers() {
  x_log_key = std::make_unique<crypto::Signer>(must(x_vault->named_secret("log-signing-key")));
  x_server_key =
      std::make_unique<crypto::Signer>(must(x_vault->named_secret("server-signing-key")));
}

std::unique_ptr<EventMaker> Ledger::maker(Signing signing, std::size_t event_bytes) {
  return std::make_unique<EventMaker>(x_store->log_id(), *x_vault, signing, event_bytes,
                                      must(x_vault->named_secret("server-signing-key")));
}

Slot Ledger::new_slot(std::uint64_t number) {
  Slot slot;
  slot.stream = must(x_vault->new_stream());
  crypto::OwnerKeyName name;
  store_be64(name.owner.data(), number);
  name.controller.bytes[0] = 1;
  slot.subject_key = must(x_vault->owner_key(name));
  name.owner = name.controller.bytes;
  name.domain = schema::KeyDomain::controller;
  slot.header_key = must(x_vault->owner_key(name));
  return slot;
}

std::unique_ptr<System> make_ledger_system(const std::filesystem::path& dir, Signing signing) {
  return std::make_unique<LedgerSystem>(dir, signing);
}

}  // namespace cartella::bench
