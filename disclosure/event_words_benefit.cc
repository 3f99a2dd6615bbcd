#include <fmt/format.h>

#include "disclosure/event_words_parts.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::CodeList;
using schema::EventType;
using schema::id_from;
using schema::text_of;

// The two enumerations of "in charge" do not count alike: ours 0 unknown, 1 yes, 2 no.
std::string in_charge_words(schema::InCharge value) {
  switch (value) {
    case schema::InCharge::YES: return "sì";
    case schema::InCharge::NO: return "no";
    default: return "non indicata";
  }
}

std::string dsu_words(schema::BenefitGranted::Reader body) {
  if (body.getDsuNumber().size() == 0) return {};
  return joined(
      {fmt::format("DSU {}", text_of(body.getDsuNumber())),
       clause("anno ", body.getDsuYear() == 0 ? std::string() : std::to_string(body.getDsuYear())),
       clause("del ", day_words(body.getDsuDate()))});
}

Status tell_granted(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::BenefitGranted>(event, [&](auto body) -> Status {
    const Date at = event.effective_date();
    CARTELLA_TRY(const auto ente, id_from<UnitId>(body.getPayingEnte()));
    CARTELLA_TRY(const auto sector, id_from<UnitId>(body.getSector()));
    const std::string area =
        body.getUserArea() == 0
            ? std::string()
            : code_words(CodeList::user_area, std::to_string(body.getUserArea()), at);
    to.sentence = fmt::format(
        "Prestazione concessa: {}; {}.",
        benefit_words(text_of(body.getInpsCode()), text_of(body.getInpsName()), at),
        joined(
            {clause("protocollo ", joined({text_of(body.getProtocol()),
                                           clause("del ", day_words(body.getProtocolDate()))},
                                          " ")),
             clause("ente erogatore: ", unit_words(words, ente)),
             clause("settore: ", unit_words(words, sector)),
             body.getPeriodic() ? "periodica" : "occasionale",
             clause("dal ", day_words(body.getPeriodFrom())),
             clause("al ", day_words(body.getPeriodTo())),
             clause("evento del ", day_words(body.getEventDate())),
             clause("prova dei mezzi: ", body.getMeansTest() == 0
                                             ? std::string()
                                             : code_words(CodeList::means_test,
                                                          std::to_string(body.getMeansTest()), at)),
             dsu_words(body), clause("presa in carico: ", in_charge_words(body.getInCharge())),
             clause("area di utenza: ", area),
             clause("categoria: ", category_words(words, text_of(body.getCategory()), at)),
             clause("beneficiario: ",
                    code_words(CodeList::beneficiary, text_of(body.getBeneficiaryKind()), at))},
            "; "));
    return ok();
  });
}

Status tell_delivered(const views::DecodedEvent& event, Telling& to) {
  return views::with_body_of<schema::BenefitDelivered>(event, [&](auto body) -> Status {
    const auto share = [](std::string_view who, std::int64_t cents) {
      return cents == 0 ? std::string() : fmt::format("{} {}", who, euro_words(cents));
    };
    const std::string shares = joined(
        {share("ente", body.getEnteCents()), share("utente", body.getUserCents()),
         share("servizio sanitario", body.getHealthCents()), share("altri", body.getOtherCents())});
    const std::string minutes =
        body.getMinutes() == 0 ? std::string() : fmt::format("{} minuti", body.getMinutes());
    to.sentence = fmt::format(
        "Prestazione erogata il {}{}: {}{}{}{}.", day_words(body.getDeliveredOn()),
        clause(" fino al ", day_words(body.getDeliveredTo())), euro_words(body.getAmountCents()),
        clause(" (", shares, ")"), clause("; durata: ", minutes),
        body.getSupersedes().size() != 0 ? "; sostituisce un'erogazione precedente" : "");
    return ok();
  });
}

}  // namespace

Status tell_benefit_event(const views::DecodedEvent& event, const Words& words, Telling& to) {
  switch (event.type()) {
    case EventType::benefit_granted: return tell_granted(event, words, to);
    case EventType::benefit_delivered: return tell_delivered(event, to);
    case EventType::benefit_closed:
      return views::with_body_of<schema::BenefitClosed>(event, [&](auto body) -> Status {
        to.sentence = fmt::format("Prestazione chiusa il {}{}.", day_words(body.getClosedOn()),
                                  clause("; motivo: ", text_of(body.getReason())));
        return ok();
      });
    case EventType::benefit_superseded:
      return views::with_body_of<schema::BenefitSuperseded>(event, [&](auto) -> Status {
        to.sentence = "Prestazione sostituita da una correzione: questa non conta più.";
        return ok();
      });
    default: return ok();
  }
}

}  // namespace cartella::disclosure
