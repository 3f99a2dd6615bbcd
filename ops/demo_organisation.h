// ops/demo_organisation.h: the fixed tables of the invented ambito; internal to the generator.
//
// Threads: one.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "ops/demo_tables.h"
#include "ops/demo_world.h"

namespace cartella::ops::demo {

inline constexpr std::array<std::string_view, 12> kNeeds = {
    "Reddito insufficiente",    "Morosità utenze",
    "Alloggio inadeguato",      "Sfratto",
    "Disoccupazione",           "Assistenza domiciliare",
    "Sostegno al caregiver",    "Vita indipendente",
    "Conflittualità familiare", "Difficoltà genitoriali",
    "Permesso di soggiorno",    "Orientamento"};
inline constexpr std::array<std::string_view, 8> kServices = {
    "Contributo economico", "Assistenza domiciliare", "Buoni spesa",   "Mensa sociale",
    "Asilo nido",           "Trasporto sociale",      "Centro diurno", "Telesoccorso"};
inline constexpr std::array<std::string_view, 4> kCategories = {"Famiglia e minori", "Disabili",
                                                                "Adulti", "Anziani"};
inline constexpr std::array<std::string_view, 6> kModes = {"Di Persona",
                                                           "e-mail",
                                                           "Rilevato a domicilio",
                                                           "Segnalazione scritta",
                                                           "Segnalazione telefonica",
                                                           "Altra modalità a distanza"};
inline constexpr std::array<std::string_view, 6> kInterlocutors = {
    "Utente",         "Parente o Conoscente", "Autorità giudiziaria",
    "Organizzazione", "Istituzionale",        "Altro soggetto"};
inline constexpr std::array<std::string_view, 4> kMotives = {"Spontaneo", "Inviato da", "Decreto",
                                                             "Convocato"};

// A worker in a sector of a comune; ids count from 1 and are those of CS_O_OPERATORE_SETTORE, too.
struct Worker {
  std::string username;
  std::size_t sector = 0;  // id
  std::size_t comune = 0;  // index
};
struct Organisation {
  std::vector<Worker> workers;                       // id - 1
  std::vector<std::vector<std::size_t>> sectors_of;  // comune -> sector ids
  std::vector<std::vector<std::size_t>> workers_of;  // comune -> worker ids
};

Organisation write_organisation(World& world, Tables& tables);  // demo_organisation.cc

}  // namespace cartella::ops::demo
