// ops/erasing.h: erasures of an opened store, as the server and the verbs carry them out.
//
// Threads: any; one erasure at a time (Workspace::erasing).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "keeping/controller_export.h"
#include "keeping/erasure.h"
#include "keeping/erasure_extent.h"
#include "ops/workspace.h"

namespace cartella::ops {

// The workspace has views and an executor, and outlives what is returned.
keeping::ErasureParts erasure_parts(Workspace& workspace);
// Carries out what was decided, and attests the views anew where anything was. As
// keeping::finish_erasures and attest_views.
Result<std::size_t> finish_erasures(Workspace& workspace, const keeping::ErasureWatch& watch = {});

// Access months past their term (AT-03), each in the register before its key goes. As
// check_register, cases::expire_access_months, append_erasure and attest_views.
Result<std::size_t> end_access_months(Workspace& workspace);
// As keeping::check_register, between erasures.
Result<std::uint64_t> check_register(Workspace& workspace);
// A lost register, as far as the log knows it; as keeping::rewrite_register.
Result<std::size_t> rewrite_register(Workspace& workspace);

// The proposal that a command names. invalid_argument.
Result<EventId> proposal_of(const Options& options);
// not_found.
Result<cases::OrganisationState::Erasure> known_erasure(const cases::Executor& executor,
                                                        const EventId& proposal);
// The export that a controller takes along, which `folder` holds: of this proposal, of this log,
// whole, and taken since nothing is written any more. refused, what check_export returns.
Result<keeping::ExportManifest> checked_export(const Workspace& workspace, const EventId& proposal,
                                               const cases::OrganisationState::Erasure& erasure,
                                               const std::filesystem::path& folder);

// While it lives nothing of the controller is recorded, so that nobody looks at it: what was looked
// at by then is all. No key of its own is added either, since what begins under one, a month of
// accesses, would stand before the fence. Where its leaving was decided it stays: let go of it. The
// workspace outlives it. What Store::fence and extent_of_controller return.
class ControllerFence {
 public:
  static Result<ControllerFence> raise(Workspace& workspace, const ControllerId& controller);
  ~ControllerFence();
  ControllerFence(ControllerFence&& other) noexcept
      : x_workspace(std::exchange(other.x_workspace, nullptr)),
        x_controller(other.x_controller),
        x_extent(std::move(other.x_extent)) {}
  ControllerFence& operator=(ControllerFence&&) = delete;
  void keep() { x_workspace = nullptr; }

 private:
  ControllerFence(Workspace& workspace, const ControllerId& controller);
  Workspace* x_workspace;
  ControllerId x_controller;
  keeping::ControllerExtent x_extent;
};

// Behind that fence: what the decision says of what the controller takes along. What was looked at
// since the export goes into its supplement. refused: there is such a look, and no file with the
// receiver's passphrase; what events_since_export and write_supplement return.
Result<std::string> taken_along(Workspace& workspace, const keeping::ExportManifest& exported,
                                const std::filesystem::path& folder,
                                const std::filesystem::path& passphrase_file);

}  // namespace cartella::ops
