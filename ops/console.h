// ops/console.h: what a verb reads from and writes to, and whose store it works on.
//
// A verb of the command line runs in a process of its own, on a store that it opens, or inside the
// server, on the server's store and with a client's words. It does not know which: it reads `in`,
// writes results to `out` and messages to `err`, and takes its store from open_workspace.
// Ownership: refers to streams and to a workspace that outlive it. Threads: one.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>

#include "base/result.h"
#include "ops/options.h"
#include "ops/workspace.h"

namespace cartella::api {
class Login;
}

namespace cartella::ops {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool is_terminal = false;     // a person looks at `err` while the verb runs
  Workspace* served = nullptr;  // the server's, with views, reference and executor; null: none
  api::Login* login = nullptr;  // the server's, which counts the tries that fail; null: none
  const std::function<void()>* seal = nullptr;  // asks the server to end and to start sealed
};
// Of this process.
Console process_console();

// A workspace that was opened for one run, or the server's own. Whoever holds it may not outlive
// the server's.
class WorkspaceHandle {
 public:
  explicit WorkspaceHandle(std::unique_ptr<Workspace> opened)
      : x_opened(std::move(opened)), x_workspace(x_opened.get()) {}
  explicit WorkspaceHandle(Workspace& served) : x_workspace(&served) {}
  Workspace* operator->() const { return x_workspace; }
  Workspace& operator*() const { return *x_workspace; }
  // Makes durable what this run opened; the server's stays as it is.
  Status close() { return x_opened ? x_opened->close() : ok(); }

 private:
  std::unique_ptr<Workspace> x_opened;
  Workspace* x_workspace;
};

// With the root key and the clock of the command line; the server's where there is one. As
// read_root_source, Workspace::open, Workspace::confirm_clock. invalid_argument: the server has
// another data directory.
Result<WorkspaceHandle> open_workspace(const Options& options, const Console& console,
                                       WorkspaceOptions workspace_options);

}  // namespace cartella::ops
