#include "tests/fault/workload.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "base/check.h"
#include "crypto/hash.h"
#include "tests/fault/plan.h"

namespace cartella::fault {
namespace {

constexpr std::uint64_t kNumbersOfALife = 100'000;
constexpr std::uint64_t kNumbersOfAClient = 10'000;
constexpr std::size_t kCommandsUntilFull = 5'000;
constexpr std::int64_t kHourUs = 3600ll * 1'000'000;

std::string canary(std::uint64_t tag) { return std::string(kCanary) + std::to_string(tag); }

cases::Command person_of(const Sent& sent, std::uint64_t name) {
  cases::RegisterPerson person;
  person.identifiers.push_back({cases::IdentifierKind::internal,
                                "N" + std::to_string(name),
                                "Ente di prova",
                                {},
                                {},
                                false});
  person.identity.surname = canary(sent.number);
  person.identity.name = "Fittizia";
  return person;
}

cases::Command card_of(const Sent& sent) {
  cases::OpenCard card;
  card.person = sent.about;
  card.number = static_cast<std::int64_t>(sent.number);
  card.access_date = cases::kToday;
  card.mode = "Di Persona";
  card.office = cases::kOffice;
  card.worker = cases::kWorker;
  card.reporter = cases::ReporterValue{"vicino", canary(sent.tag), "", true};
  card.needs = cases::NeedsValue{{cases::kNeed}, canary(sent.tag)};
  card.services = cases::ServicesValue{{cases::kService}, ""};
  card.closing = cases::ClosingValue{"1", false, false, true};
  return card;
}

cases::Command benefit_of(const Sent& sent) {
  cases::GrantBenefit benefit;
  benefit.person = sent.about;
  benefit.paying_ente = cases::kOtherEnte;
  benefit.protocol = "P" + std::to_string(sent.number);
  benefit.protocol_date = Date{cases::kToday.days - 30};
  benefit.inps_code = "A1.04";
  benefit.periodic = true;
  benefit.means_test = 1;
  benefit.in_charge = cases::InCharge::yes;
  benefit.user_area = 1;
  return benefit;
}

cases::Command delivery_of(const Sent& sent) {
  cases::RecordDelivery one;
  one.benefit = sent.about;
  one.delivered_on = cases::kToday;
  one.amount_cents = one.ente_cents = 100 + static_cast<std::int64_t>(sent.tag % 1000);
  return one;
}

cases::Viewer viewer() {
  cases::Viewer viewer;
  viewer.operator_id = cases::kWorker;
  viewer.acting_as = {cases::kEnte, cases::kSector, cases::Role::caseworker};
  viewer.controller = cases::controller_of(cases::kEnte);
  viewer.client_id = "postazione-7";
  viewer.ip = "192.0.2.7";
  viewer.auth_context = "password+totp";
  return viewer;
}

cases::Look look_of(std::uint64_t run_seed, const Sent& sent) {
  cases::Look look;
  look.request_id = cases::RequestId::from_view(command_id(run_seed, sent.number).view());
  look.controller = cases::controller_of(cases::kEnte);
  look.subjects.push_back(SubjectId::from_view(sent.about.view()));
  look.case_stream = sent.about;
  look.target = "case/" + sent.about.hex();
  look.relation = cases::Relation::in_charge;
  look.purpose = "presa in carico";
  look.reason = canary(sent.tag);
  look.result_count = 1;
  static constexpr std::array<std::uint8_t, 3> kResult{1, 2, 3};
  look.result = kResult;
  return look;
}

Ack ack_of(const Installation& place, const store::Receipt& receipt) {
  Ack ack{receipt.first_position, receipt.event_count, {}, true};
  Bytes digests;
  for (std::uint32_t i = 0; i < receipt.event_count; ++i) {
    const auto event = place.log->read(receipt.first_position + i);
    if (!event) return {receipt.first_position, receipt.event_count, {}, false};
    const Hash32 digest = digest_of(event.value());
    digests.insert(digests.end(), digest.begin(), digest.end());
  }
  ack.digest = crypto::sha256(digests);
  return ack;
}

// One client: what it has registered so far, and what it sends next.
class Client {
 public:
  Client(const Life& life, std::size_t index, Installation& place, Notebook& notebook, Tally& tally)
      : x_life(life),
        x_index(index),
        x_place(place),
        x_notebook(notebook),
        x_tally(tally),
        x_random(mixed(life.run_seed, life.number * 64 + index)) {}

  // Ends at the first answer that is not known, as a client of a server that died.
  void run() {
    const std::size_t count = !x_life.ballast.empty() ? kCommandsUntilFull : x_life.commands;
    for (std::size_t i = 0; i < count && !x_wrong; ++i) {
      if (x_index == 0) keep_house();
      if (x_life.jumps && x_index == 0 && one_in(x_random, 3)) jump();
      const Sent sent = next(i);
      if (!deliver(sent)) break;
    }
  }
  bool is_wrong() const { return x_wrong; }
  std::function<void(std::int64_t)> on_jump;

 private:
  Sent next(std::size_t i) {
    Sent sent;
    sent.number = x_life.number * kNumbersOfALife + x_index * kNumbersOfAClient + i;
    sent.tag = sent.number;
    if (i == 0 || x_people.empty() || one_in(x_random, 6)) return sent;
    sent.about = x_people[below(x_random, x_people.size())];
    switch (below(x_random, 7)) {
      case 0:
        sent.kind = Kind::contested;  // all clients want the same few identifiers
        sent.about = {};
        sent.tag = x_life.number * kNumbersOfALife + 99'000 + below(x_random, 3);
        return sent;
      case 1: sent.kind = Kind::opening; return sent;
      case 2: return with(sent, Kind::note, x_cases);
      case 3: sent.kind = Kind::benefit; return sent;
      case 4: return with(sent, Kind::delivery, x_benefits);
      case 5: sent.kind = Kind::look; return sent;
      default: sent.kind = Kind::card; return sent;
    }
  }
  Sent with(Sent sent, Kind kind, const std::vector<StreamId>& streams) {
    sent.kind = streams.empty() ? Kind::card : kind;
    if (!streams.empty()) sent.about = streams[below(x_random, streams.size())];
    return sent;
  }

  // False: this client has nothing more to ask.
  bool deliver(const Sent& sent) {
    const bool had_stopped = !x_place.log->health();
    x_notebook.sent(sent);
    StreamId stream;
    const auto receipt = answer(sent, stream);
    if (receipt) {
      if (had_stopped) complain("a command was acknowledged after the log had stopped");
      x_notebook.acknowledged(sent.number, ack_of(x_place, receipt.value()));
      ++x_tally.acknowledged;
      remember(sent, stream);
      return !had_stopped;
    }
    const Errc code = receipt.error().code;
    if (code == Errc::out_of_space) ++x_tally.out_of_space;
    if (code == Errc::clock_suspect) ++x_tally.clock_suspect;
    // A log that goes on has refused for want of space before it accepted anything.
    const bool is_refused = code == Errc::out_of_space && x_place.log->health();
    if (is_definite(code) || is_refused) {
      ++x_tally.refused;
      x_notebook.refused(sent.number, receipt.error());
      return x_life.ballast.empty() || code != Errc::out_of_space;
    }
    ++x_tally.unknown;
    x_notebook.unknown(sent.number, receipt.error());
    // Once more, to see that a log that has stopped takes nothing.
    if (!had_stopped && !x_place.log->health()) {
      Sent another = sent;
      another.number += kNumbersOfAClient / 2;
      another.tag = another.number;
      return deliver(another);
    }
    return false;
  }

  Result<store::Receipt> answer(const Sent& sent, StreamId& stream) {
    if (sent.kind == Kind::look)
      return x_place.access_log->record(viewer(), look_of(x_life.run_seed, sent));
    auto outcome = x_place.executor->execute(context_of(x_life.run_seed, sent), command_of(sent));
    if (!outcome) return std::move(outcome).error();
    stream = outcome.value().stream;
    return outcome.value().receipt;
  }

  void remember(const Sent& sent, const StreamId& stream) {
    if (sent.kind == Kind::person || sent.kind == Kind::contested) x_people.push_back(stream);
    if (sent.kind == Kind::opening) x_cases.push_back(stream);
    if (sent.kind == Kind::benefit) x_benefits.push_back(stream);
  }

  // What timers and the feeder do in a server; an error here is not a client's.
  void keep_house() {
    switch (below(x_random, 16)) {
      case 0:
      case 1: (void)x_place.log->flush(); break;
      case 2: (void)x_place.log->publish(); break;
      case 3: (void)x_place.log->scrub_journal(); break;
      case 4: (void)x_place.vault->remember(); break;
      case 5:
        if (x_place.engine) (void)x_place.engine->flush();
        break;
      case 6: hand_out_head(); break;
      default: break;
    }
  }
  void hand_out_head() {
    const auto note = x_place.log->signed_checkpoint();
    if (note) x_notebook.head(note.value());
  }
  void jump() {
    constexpr std::int64_t kHours[] = {0, 1, -1, 24, -24, 10 * 365 * 24, -10 * 365 * 24, -500'000};
    on_jump(kHours[below(x_random, std::size(kHours))] * kHourUs);
  }
  void complain(const char* what) {
    std::fprintf(stderr, "WRONG: %s\n", what);
    x_wrong = true;
  }

  const Life& x_life;
  const std::size_t x_index;
  Installation& x_place;
  Notebook& x_notebook;
  Tally& x_tally;
  Random x_random;
  std::vector<StreamId> x_people, x_cases, x_benefits;
  bool x_wrong = false;
};

bool fill_disk(const Life& life) {
  const std::uintmax_t room = std::filesystem::space(life.dir).available;
  const int file = ::open(life.ballast.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CHECK(file >= 0);
  const bool is_full = room <= life.bytes_left ||
                       ::posix_fallocate(file, 0, static_cast<off_t>(room - life.bytes_left)) == 0;
  ::close(file);
  if (!is_full) std::fprintf(stderr, "WRONG: the disk cannot be filled\n");
  return is_full;
}

bool run_clients(const Life& life, Installation& place, Notebook& notebook, JumpingClock& clock,
                 Tally& tally) {
  std::vector<Client> clients;
  clients.reserve(life.clients);
  for (std::size_t i = 0; i < life.clients; ++i)
    clients.emplace_back(life, i, place, notebook, tally).on_jump = [&clock](std::int64_t us) {
      clock.jump_to(us);
    };
  std::vector<std::jthread> threads;
  for (Client& client : clients) threads.emplace_back([&client] { client.run(); });
  threads.clear();
  return std::ranges::none_of(clients, [](const Client& client) { return client.is_wrong(); });
}

}  // namespace

bool is_definite(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::invalid_input:
    case Errc::not_found:
    case Errc::conflict:
    case Errc::claim_taken:
    case Errc::refused:
    case Errc::illegal_transition:
    case Errc::clock_suspect: return true;
    default: return false;
  }
}

cases::CommandContext context_of(std::uint64_t run_seed, const Sent& sent) {
  cases::CommandContext context;
  context.command_id = command_id(run_seed, sent.number);
  context.actor = cases::kWorker;
  context.controller = cases::controller_of(cases::kEnte);
  context.occurred_at = {start_of(cases::kToday).us + static_cast<std::int64_t>(sent.number)};
  context.today = cases::kToday;
  return context;
}

cases::Command command_of(const Sent& sent) {
  switch (sent.kind) {
    case Kind::person: return person_of(sent, sent.number);
    case Kind::contested: return person_of(sent, sent.tag);
    case Kind::card: return card_of(sent);
    case Kind::opening:
      return cases::OpenCase{
          sent.about,    {}, static_cast<std::int64_t>(sent.number), "", {}, cases::kSector,
          cases::kWorker};
    case Kind::note:
      return cases::RecordNote{sent.about, canary(sent.tag), true, cases::kWorker, {}};
    case Kind::benefit: return benefit_of(sent);
    case Kind::delivery:
    case Kind::look: break;
  }
  return delivery_of(sent);
}

Result<store::Receipt> send(Installation& place, std::uint64_t run_seed, const Sent& sent) {
  if (sent.kind == Kind::look) return place.access_log->record(viewer(), look_of(run_seed, sent));
  CARTELLA_TRY(const auto outcome,
               place.executor->execute(context_of(run_seed, sent), command_of(sent)));
  return outcome.receipt;
}

Status erase_by_two(Installation& place, std::uint64_t run_seed, std::uint64_t number,
                    const std::string& scope, const StreamId& target) {
  Sent sent;
  sent.number = number;
  const auto proposing = context_of(run_seed, sent);
  ++sent.number;
  auto deciding = context_of(run_seed, sent);
  deciding.actor = cases::kColleague;
  CARTELLA_TRY(place.executor->execute(
      proposing, cases::ProposeErasure{scope, target, "termine trascorso", {}, {}}));
  const EventId proposal = crypto::event_id_of(proposing.command_id, 0);
  CARTELLA_TRY(
      place.executor->execute(deciding, cases::DecideErasure{proposal, "erase", "", {}, {}}));
  return ok();
}

int live(const Life& life, Tally& tally) {
  ++tally.lives;
  JumpingClock clock;
  Notebook notebook(life.notebook);
  auto opened = Installation::open(life.dir, clock, life.setting);
  if (!opened) {
    ++tally.refusals;
    return 10;
  }
  Installation& place = *opened.value();
  if (place.engine) place.engine->start();
  if (!life.ballast.empty() && !fill_disk(life)) return 1;
  if (!run_clients(life, place, notebook, clock, tally)) return 1;
  clock.jump_to(0);
  if (life.publish_at_end) {
    if (const Status published = place.log->publish(); !published) {
      std::fprintf(stderr, "WRONG: without a fault, publish: %s\n",
                   published.error().detail.c_str());
      return 1;
    }
    notebook.head(place.log->signed_checkpoint().value());
  }
  if (!life.clean_end) ::_exit(0);
  const Status closed = place.close();
  opened.value().reset();
  return closed ? 0 : 10;
}

}  // namespace cartella::fault
