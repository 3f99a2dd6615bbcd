#include "ops/demo_data.h"

#include "ops/demo_world.h"

namespace cartella::ops {

namespace {

constexpr std::uint32_t kPeopleDefault = 8000;
constexpr std::uint32_t kPeopleMin = 500;  // fewer leave comuni without residents
constexpr std::uint32_t kPeopleMax = 1'000'000;

}  // namespace

Status write_demo_data(const std::filesystem::path& dir, const DemoOptions& options) {
  const std::uint32_t people = options.people == 0 ? kPeopleDefault : options.people;
  if (people < kPeopleMin || people > kPeopleMax)
    return fail(Errc::invalid_argument, "between 500 and 1000000 people can be invented");
  std::error_code error;
  if (std::filesystem::exists(dir, error) && !std::filesystem::is_empty(dir, error))
    return fail(Errc::invalid_argument, "the directory for the data is not empty");
  for (const char* part : {"registry", "predecessor"}) {
    std::filesystem::create_directories(dir / part, error);
    if (error) return fail(Errc::io, "the directory for the data cannot be made");
  }
  const auto tell = [&](std::string_view stage, std::uint64_t done) {
    if (options.progress) options.progress(stage, done, 4);
  };
  tell("persone", 0);
  demo::World world = demo::make_world(options.seed, people);
  tell("anagrafi", 1);
  CARTELLA_TRY(demo::write_registry(world, dir / "registry"));
  tell("schede e casi", 2);
  CARTELLA_TRY(demo::write_predecessor(world, dir / "predecessor"));
  tell("totali", 3);
  CARTELLA_TRY(demo::write_expected(world, dir / "expected.json"));
  tell("totali", 4);
  return ok();
}

}  // namespace cartella::ops
