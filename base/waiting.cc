#include "base/waiting.h"

#include <utility>

namespace cartella {

namespace {

thread_local WaitObserver* observer_of_thread = nullptr;

}  // namespace

void observe_waits(WaitObserver* observer) { observer_of_thread = observer; }

Waiting::Waiting() : x_told(std::exchange(observer_of_thread, nullptr)) {
  if (x_told != nullptr) x_told->wait_begins();
}

Waiting::~Waiting() {
  if (x_told == nullptr) return;
  observer_of_thread = x_told;
  x_told->wait_ends();
}

}  // namespace cartella
