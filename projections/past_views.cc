#include "projections/past_views.h"

#include "crypto/forget.h"

namespace cartella::projections {

Result<PastViews> PastViews::build(const std::filesystem::path& dir, const EventSource& source,
                                   crypto::SegmentKeys& keys, const crypto::Secret32& secret,
                                   std::uint64_t position, const Progress& progress) {
  if (position > source.size())
    return fail(Errc::invalid_argument, "il registro non ha ancora quella posizione");
  const std::filesystem::path place = dir / "past";
  CARTELLA_TRY(crypto::forget_files(place));  // of a process that was killed
  std::error_code error;
  std::filesystem::create_directories(place, error);
  if (error) return fail(Errc::io, "cannot make " + place.string());
  CARTELLA_TRY(auto engine, Engine::open(place, source, keys, secret, {}));
  PastViews views(place, std::move(engine));
  CARTELLA_TRY(views.x_engine->catch_up(position, progress));
  return views;
}

PastViews::~PastViews() {
  if (!x_engine) return;
  x_engine.reset();
  (void)crypto::forget_files(x_dir);  // the next build removes what stays
}

}  // namespace cartella::projections
