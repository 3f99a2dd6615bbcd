// Erasure, legal holds and restriction: one person proposes, another decides.
#include <algorithm>

#include "cases/bootstrap.h"
#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;
using schema::KeyClass;
using Erasure = OrganisationState::Erasure;
using Cover = OrganisationState::Cover;

namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kWordsBytesMax = 200;  // clear for ever: a few words
constexpr auto kExportGround = "esportazione sha256 "sv;
constexpr auto kSupplementGround = ", supplemento sha256 "sv;
constexpr std::size_t kMentionsMax = 10'000;   // 80 KiB of positions
constexpr std::size_t kCoverItemsMax = 1'000;  // 16 KiB of ids
constexpr std::int64_t kRetentionMonthsMax = 2'400;

PlannedEvent clear(const Deciding& deciding, EventType type, Bytes message) {
  return planned_event(type, deciding.environment.organisation_stream, crypto::kExpectAny, {},
                       KeyClass::base, std::move(message));
}

Status check_words(std::string_view words, std::string_view code, std::string_view missing) {
  if (words.empty()) return refuse(std::string(code) + "_missing", missing);
  if (words.size() > kWordsBytesMax)
    return refuse(std::string(code) + "_too_long", "il testo è troppo lungo: bastano poche parole");
  return ok();
}

// Of the controller that acts; who acts for the whole ambito, as its DPO does, acts for each.
bool is_of(const Deciding& deciding, const ControllerId& controller) {
  return deciding.context.controller == controller ||
         deciding.context.controller == installation_controller();
}

bool acts(const Deciding& deciding, const OperatorId& worker) {
  return deciding.context.actor == worker || deciding.context.on_behalf_of == worker;
}

// Whose item it is, of whatever kind, where it is this controller's and not being erased.
struct Owned {
  SubjectId subject;
  bool is_person = false;
};
Result<Owned> find_owned(const Deciding& deciding, const StreamId& stream) {
  const auto absent = [] { return fail(Errc::not_found, "no such item for this controller"); };
  const auto at = deciding.state.items.find(stream);
  if (at == deciding.state.items.end() || !at->second) return absent();
  Owned owned;
  bool is_own = false;
  std::visit(
      [&](const auto& state) {
        if constexpr (requires { state.subject; }) {
          owned.subject = state.subject;
          owned.is_person = std::holds_alternative<PersonState>(at->second->state);
          is_own = state.controller == deciding.context.controller;
        }
      },
      at->second->state);
  if (!is_own || owned.subject.is_zero()) return absent();
  if (deciding.organisation().is_erasing(deciding.context.controller, owned.subject, stream))
    return absent();
  return owned;
}

// Nobody asks twice for what is not answered yet.
Status check_not_proposed(const Deciding& deciding, const Erasure& erasure) {
  for (const auto& [id, other] : deciding.organisation().erasures)
    if (other.standing == Erasure::Standing::proposed && other.controller == erasure.controller &&
        other.subject == erasure.subject && other.item == erasure.item)
      return refuse("erasure_proposed", "la cancellazione è già proposta e attende la decisione");
  return ok();
}

Status check_mentions(const DecideErasure& command, const Erasure& erasure) {
  std::set<std::uint64_t> decided(command.kept_mentions.begin(), command.kept_mentions.end());
  decided.insert(command.erased_mentions.begin(), command.erased_mentions.end());
  const std::size_t given = command.kept_mentions.size() + command.erased_mentions.size();
  if (decided != erasure.mentions || given != decided.size())
    return refuse("mentions_open", "ogni testo che cita la persona chiede una decisione");
  return ok();
}

// A text belongs to somebody else: what holds theirs, holds it.
Status check_kept_texts(const Deciding& deciding) {
  const KeptTexts& kept = deciding.environment.kept_texts;
  if (kept.empty()) return ok();
  const auto& [position, why] = *kept.begin();
  return refuse("mention_held",
                "il testo alla posizione " + std::to_string(position) + " non si cancella: " + why);
}

Cover cover_of(const Erasure& erasure, const SubjectId& subject) {
  Cover cover;
  cover.controller = erasure.controller;
  cover.subject = subject;
  if (erasure.subject.is_zero() && !erasure.of_controller) cover.items.insert(erasure.item);
  return cover;
}

Result<Cover> cover_for(const Deciding& deciding, const StreamId& person,
                        const std::vector<StreamId>& items) {
  CARTELLA_TRY(const auto owned, find_owned(deciding, person));
  if (!owned.is_person) return fail(Errc::not_found, "no such person for this controller");
  if (items.size() > kCoverItemsMax) return refuse("too_many_items", "gli elementi sono troppi");
  Cover cover;
  cover.controller = deciding.context.controller;
  cover.subject = owned.subject;
  for (const StreamId& item : items) {
    CARTELLA_TRY(const auto of, find_owned(deciding, item));
    if (of.subject != owned.subject)
      return refuse("item_of_other", "un elemento è di un'altra persona");
    cover.items.insert(item);
  }
  return cover;
}

// A controller that leaves: one of the enti, once.
Result<Decision> propose_leaving(const Deciding& deciding, const ProposeErasure& command) {
  const ControllerId& controller = deciding.context.controller;
  const auto& entes = deciding.organisation().entes;
  const bool is_ente = std::ranges::any_of(
      entes, [&](const auto& each) { return controller_of(each.first) == controller; });
  if (!is_ente) return refuse("not_an_ente", "se ne va un ente, non l'ambito");
  if (!command.target.is_zero() || !command.mentions.empty() || command.counts.size() > 8)
    return fail(Errc::invalid_argument, "a controller leaves with everything, not with an item");
  Erasure erasure;
  erasure.of_controller = true;
  erasure.controller = controller;
  erasure.proposed_by = deciding.context.actor;
  return one_event({}, clear(deciding, EventType::erasure_proposed, encode(command, erasure)));
}

// What goes of a controller has to stand elsewhere before, and only its own leaving goes on.
Status check_leaving(const Deciding& deciding, const DecideErasure& command,
                     const Erasure& erasure) {
  const auto& leaving = deciding.organisation().leaving;
  const auto at = leaving.find(erasure.controller);
  if (at != leaving.end() && at->second != command.proposal)
    return refuse("controller_leaving",
                  "il titolare sta lasciando l'ambito: si decide prima su "
                  "quello");
  if (erasure.of_controller && command.outcome == "erase" && !is_export_ground(command.ground))
    return refuse("export_missing", "un titolare se ne va solo con la sua esportazione verificata");
  if (erasure.of_controller && command.outcome == "keep_for_other")
    return refuse("outcome", "per un titolare la decisione è erase, refuse o restrict");
  return ok();
}

// Why what was decided to be erased is kept all the same; empty: it goes.
std::string kept_for(const Deciding& deciding, const Erasure& erasure) {
  if (deciding.organisation().is_held(erasure, deciding.environment.today)) return "vincolo legale";
  return deciding.environment.kept_for;
}

}  // namespace

std::string export_ground(const Hash32& digest, const std::optional<Hash32>& supplement) {
  std::string ground = std::string(kExportGround) + to_hex(digest);
  if (supplement) ground += std::string(kSupplementGround) + to_hex(*supplement);
  return ground;
}

bool is_export_ground(std::string_view ground) {
  const auto take = [&ground](std::string_view words) {
    if (!ground.starts_with(words)) return false;
    ground.remove_prefix(words.size());
    const std::string_view digest = ground.substr(0, 2 * sizeof(Hash32));
    ground.remove_prefix(digest.size());
    return digest.size() == 2 * sizeof(Hash32) &&
           digest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  if (!take(kExportGround)) return false;
  return ground.empty() || (take(kSupplementGround) && ground.empty());
}

bool is_of_leaving(const OrganisationState& organisation, const Command& command) {
  if (const auto* const proposed = std::get_if<ProposeErasure>(&command))
    return proposed->scope == "controller";
  const auto* const decided = std::get_if<DecideErasure>(&command);
  if (decided == nullptr) return false;
  const auto at = organisation.erasures.find(decided->proposal);
  return at != organisation.erasures.end() && at->second.of_controller;
}

Result<Decision> decide_one(const Deciding& deciding, const ProposeErasure& command) {
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  CARTELLA_TRY(check_words(command.basis, "basis", "manca il motivo della cancellazione"));
  if (command.scope == "controller") return propose_leaving(deciding, command);
  if (command.scope != "item" && command.scope != "person")
    return refuse("scope", "si cancella un elemento (item) o una persona (person)");
  CARTELLA_TRY(const auto owned, find_owned(deciding, command.target));
  if (owned.is_person != (command.scope == "person"))
    return refuse("scope", "una persona si cancella come persona, tutto il resto come elemento");
  // Texts of others are asked about where a person goes; one text of theirs is an item.
  if (!owned.is_person && !command.mentions.empty())
    return refuse("mentions_of_item",
                  "le citazioni si decidono con la cancellazione di una persona");
  if (command.mentions.size() > kMentionsMax || command.counts.size() > 8)
    return refuse("too_many_mentions", "i testi che citano la persona sono troppi");
  for (const std::uint64_t position : command.mentions)
    if (position >= deciding.environment.log_size)
      return fail(Errc::invalid_argument, "a mention stands at a past position");
  Erasure erasure;
  erasure.controller = deciding.context.controller;
  erasure.proposed_by = deciding.context.actor;
  erasure.owner = owned.subject;
  if (owned.is_person)
    erasure.subject = owned.subject;
  else
    erasure.item = command.target;
  erasure.mentions.insert(command.mentions.begin(), command.mentions.end());
  CARTELLA_TRY(check_not_proposed(deciding, erasure));
  return one_event({}, clear(deciding, EventType::erasure_proposed, encode(command, erasure)));
}

Result<Decision> decide_one(const Deciding& deciding, const DecideErasure& command) {
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  const OrganisationState& known = deciding.organisation();
  const auto at = known.erasures.find(command.proposal);
  // Of another controller or of nobody: the same answer.
  if (at == known.erasures.end() || !is_of(deciding, at->second.controller))
    return refuse("unknown_erasure", "la proposta di cancellazione non esiste");
  const Erasure& erasure = at->second;
  if (erasure.standing != Erasure::Standing::proposed)
    return refuse("erasure_decided", "sulla cancellazione si è già deciso");
  if (acts(deciding, erasure.proposed_by))
    return refuse("same_person", "chi propone una cancellazione non può deciderla");
  std::string outcome = command.outcome;
  const bool erases = outcome == "erase";
  if (!erases && outcome != "refuse" && outcome != "restrict" && outcome != "keep_for_other")
    return refuse("outcome", "la decisione è erase, refuse, restrict o keep_for_other");
  if (!erases) {
    CARTELLA_TRY(check_words(command.ground, "ground", "manca il motivo della decisione"));
  } else if (command.ground.size() > kWordsBytesMax) {
    return refuse("ground_too_long", "il testo è troppo lungo: bastano poche parole");
  }
  CARTELLA_TRY(check_mentions(command, erasure));
  CARTELLA_TRY(check_kept_texts(deciding));
  CARTELLA_TRY(check_leaving(deciding, command, erasure));
  const std::string kept = erases ? kept_for(deciding, erasure) : std::string();
  if (!kept.empty()) outcome = "restrict";
  const OperatorId& actor = deciding.context.actor;
  Decision decision = one_event({}, clear(deciding, EventType::erasure_decided,
                                          encode_decided(command, erasure, outcome, actor)));
  if (outcome == "restrict") {
    const std::string& ground = kept.empty() ? command.ground : kept;
    decision.events.push_back(
        clear(deciding, EventType::processing_restricted,
              encode_restricted(cover_of(erasure, erasure.owner), ground, actor)));
  }
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const PlaceLegalHold& command) {
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  CARTELLA_TRY(check_words(command.act, "act", "manca l'atto che pone il vincolo"));
  CARTELLA_TRY(check_words(command.authority, "authority", "manca l'autorità"));
  if (command.until && *command.until < deciding.environment.today)
    return refuse("validity_past", "il vincolo è già scaduto");
  CARTELLA_TRY(const auto cover, cover_for(deciding, command.person, command.items));
  return one_event({}, clear(deciding, EventType::legal_hold_placed,
                             encode(command, cover, deciding.context.actor)));
}

Result<Decision> decide_one(const Deciding& deciding, const LiftLegalHold& command) {
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  CARTELLA_TRY(check_words(command.act, "act", "manca l'atto che toglie il vincolo"));
  const auto& holds = deciding.organisation().holds;
  const auto at = holds.find(command.hold);
  if (at == holds.end() || !is_of(deciding, at->second.controller))
    return refuse("unknown_hold", "il vincolo non esiste o è già tolto");
  return one_event(
      {}, clear(deciding, EventType::legal_hold_lifted, encode(command, deciding.context.actor)));
}

Result<Decision> decide_one(const Deciding& deciding, const RestrictProcessing& command) {
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  CARTELLA_TRY(check_words(command.ground, "ground", "manca il motivo della limitazione"));
  CARTELLA_TRY(const auto cover, cover_for(deciding, command.person, command.items));
  return one_event({}, clear(deciding, EventType::processing_restricted,
                             encode_restricted(cover, command.ground, deciding.context.actor)));
}

Result<Decision> decide_one(const Deciding& deciding, const LiftRestriction& command) {
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  CARTELLA_TRY(check_words(command.reason, "reason", "manca il motivo della revoca"));
  CARTELLA_TRY(
      check_words(command.notice, "notice", "la persona va avvisata prima di togliere il limite"));
  const auto& standing = deciding.organisation().restrictions;
  const auto at = standing.find(command.restriction);
  if (at == standing.end() || !is_of(deciding, at->second.controller))
    return refuse("unknown_restriction", "la limitazione non esiste o è già revocata");
  return one_event({}, clear(deciding, EventType::processing_restriction_lifted,
                             encode(command, at->second.subject, deciding.context.actor)));
}

Result<Decision> decide_one(const Deciding& deciding, const SetRetentionRule& command) {
  const auto types = schema::event_types();
  const auto type = std::ranges::find(types, command.category, [](const auto& each) {
    return std::string(each.retention_category);
  });
  // A month of accesses has its own term, with a lower bound by law (cases/access_month.h).
  if (type == types.end() || type->term_start == "permanent" || command.category == "access_log")
    return refuse("category", "la categoria di conservazione non esiste o non ha un termine");
  if (command.months < 0 || command.months > kRetentionMonthsMax)
    return refuse("months", "i mesi di conservazione vanno da 0 a 2400");
  CARTELLA_TRY(check_words(command.act, "act", "manca l'atto che stabilisce la conservazione"));
  return one_event({}, clear(deciding, EventType::retention_rule_set,
                             encode(command, std::string(type->term_start))));
}

}  // namespace cartella::cases
