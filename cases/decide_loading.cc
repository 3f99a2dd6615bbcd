// What has to be known before a command can be decided.
#include "cases/decide.h"

namespace cartella::cases {

namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

using Claims = std::map<ClaimName, std::optional<Raw16>>;

// The identifier claim of a value that is well formed and may be claimed.
std::optional<ClaimName> claim_of(const IdentifierValue& identifier) {
  if (identifier.kind == IdentifierKind::alias) return std::nullopt;
  const auto parsed = validate_identifier(identifier.kind, identifier.value);
  if (!parsed) return std::nullopt;
  return identifier_claim(parsed.value().kind, parsed.value().value, identifier.issuer);
}

std::vector<ClaimName> person_claims(const RegisterPerson& command, const CommandContext& context,
                                     const Claims& known) {
  std::vector<ClaimName> names;
  for (const IdentifierValue& identifier : command.identifiers) {
    const auto name = claim_of(identifier);
    if (!name) continue;
    const auto at = known.find(*name);
    if (at == known.end())
      names.push_back(*name);
    else if (at->second)
      names.push_back(person_claim(context.controller, SubjectId{*at->second}));
  }
  return names;
}

std::vector<StreamId> with_items(const StreamId& person, std::vector<StreamId> items) {
  items.insert(items.begin(), person);
  return items;
}

}  // namespace

std::vector<StreamId> streams_of(const Command& command) {
  std::vector<StreamId> streams = std::visit(
      Overloaded{[](const RecordKinship& c) {
                   return std::vector{c.person, c.other};
                 },
                 [](const LinkCardToCase& c) {
                   return std::vector{c.card, c.case_stream};
                 },
                 [](const OpenCase& c) {
                   return std::vector{c.person, c.card};
                 },
                 [](const GrantBenefit& c) {
                   return std::vector{c.person, c.case_stream, c.supersedes};
                 },
                 [](const ProposeErasure& c) { return std::vector{c.target}; },
                 [](const PlaceLegalHold& c) { return with_items(c.person, c.items); },
                 [](const RestrictProcessing& c) { return with_items(c.person, c.items); },
                 [](const auto& c) {
                   if constexpr (requires { c.person; })
                     return std::vector<StreamId>{c.person};
                   else if constexpr (requires { c.card; })
                     return std::vector<StreamId>{c.card};
                   else if constexpr (requires { c.case_stream; })
                     return std::vector<StreamId>{c.case_stream};
                   else if constexpr (requires { c.benefit; })
                     return std::vector<StreamId>{c.benefit};
                   else
                     return std::vector<StreamId>{};
                 }},
      command);
  std::erase_if(streams, [](const StreamId& stream) { return stream.is_zero(); });
  return streams;
}

std::vector<ClaimName> claims_of(const Command& command, const CommandContext& context,
                                 const Claims& known) {
  std::vector<ClaimName> names;
  if (const auto* person = std::get_if<RegisterPerson>(&command)) {
    names = person_claims(*person, context, known);
  } else if (const auto* add = std::get_if<AddIdentifier>(&command)) {
    if (const auto name = claim_of(add->identifier)) names.push_back(*name);
    if (add->replaces)
      if (const auto name = claim_of(*add->replaces)) names.push_back(*name);
  } else if (const auto* grant = std::get_if<GrantBenefit>(&command)) {
    names.push_back(protocol_claim(grant->paying_ente, grant->protocol));
    if (!grant->supersedes.is_zero()) names.push_back(superseded_claim(grant->supersedes));
  }
  std::erase_if(names, [&](const ClaimName& name) { return known.contains(name); });
  return names;
}

bool needs_stream(const Command& command) {
  return std::holds_alternative<RegisterPerson>(command) ||
         std::holds_alternative<OpenCard>(command) || std::holds_alternative<OpenCase>(command) ||
         std::holds_alternative<RecordInterview>(command) ||
         std::holds_alternative<RecordNote>(command) ||
         std::holds_alternative<GrantBenefit>(command) ||
         std::holds_alternative<DefineOperator>(command) ||
         std::holds_alternative<PublishReport>(command) ||
         std::holds_alternative<OpenRightsRequest>(command);
}

}  // namespace cartella::cases
