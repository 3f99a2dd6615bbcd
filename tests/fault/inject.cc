// tests/fault/inject.cc: preloaded into a process, it makes the n-th file operation of a kind fail,
// tear or be the last one.
//
// The plan comes from the environment (CARTELLA_FAULT) when the process starts, or from a call of
// cartella_fault_arm. Its words, separated by semicolons:
//   root=PREFIX    only files below it count; mandatory
//   path=PART      and whose path holds this part
//   op=A,B         write dsync fsync fdatasync rename truncate allocate create unlink read; all
//                  stands for those that change something
//   nth=N          which one it happens to, from 1
//   act=WORD       list (nothing happens, the report gets a line OP PATH for each), kill,
//   kill_after, torn (a part is written, then the process dies), short (a part
//                  is done, and said to be), eio, enospc, lie (syncs do nothing and say ok)
//   sticky=1       and to all later ones
//   cut=PERCENT    how much of a torn or short one is done
//   report=FILE    says there what happened, before it happens
// Threads: any; the plan is set before other threads start.
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>

namespace {

enum Op : unsigned {
  op_write = 1,
  op_dsync = 2,
  op_fsync = 4,
  op_fdatasync = 8,
  op_rename = 16,
  op_truncate = 32,
  op_allocate = 64,
  op_create = 128,
  op_unlink = 256,
  op_read = 512,
};
constexpr unsigned kChanges = op_read - 1;
constexpr struct {
  const char* name;
  unsigned ops;
} kOps[] = {{"write", op_write},         {"dsync", op_dsync},   {"fsync", op_fsync},
            {"fdatasync", op_fdatasync}, {"rename", op_rename}, {"truncate", op_truncate},
            {"allocate", op_allocate},   {"create", op_create}, {"unlink", op_unlink},
            {"read", op_read},           {"all", kChanges}};

enum class Act { none, list, kill, kill_after, torn, cut_short, eio, enospc, lie };
constexpr struct {
  const char* name;
  Act act;
} kActs[] = {{"list", Act::list},     {"kill", Act::kill},       {"kill_after", Act::kill_after},
             {"torn", Act::torn},     {"short", Act::cut_short}, {"eio", Act::eio},
             {"enospc", Act::enospc}, {"lie", Act::lie}};

struct Plan {
  char root[PATH_MAX] = "";
  char path[256] = "";
  char report[PATH_MAX] = "";
  unsigned ops = 0;
  std::uint64_t nth = 0;
  Act act = Act::none;
  bool sticky = false;
  unsigned cut = 50;
};
Plan g_plan;
std::atomic<bool> g_armed{false};
std::atomic<std::uint64_t> g_count{0};
std::atomic<std::uint64_t> g_fired{0};

bool copy_text(char* to, std::size_t room, const char* value) {
  if (strlen(value) >= room) return false;
  strcpy(to, value);
  return true;
}

bool set_ops(char* list) {
  char* rest = nullptr;
  for (char* word = strtok_r(list, ",", &rest); word; word = strtok_r(nullptr, ",", &rest)) {
    bool known = false;
    for (const auto& op : kOps) {
      if (strcmp(word, op.name) != 0) continue;
      g_plan.ops |= op.ops;
      known = true;
    }
    if (!known) return false;
  }
  return true;
}

bool set_act(const char* value) {
  for (const auto& act : kActs) {
    if (strcmp(value, act.name) != 0) continue;
    g_plan.act = act.act;
    return true;
  }
  return false;
}

bool set_word(const char* name, char* value) {
  if (strcmp(name, "root") == 0) return copy_text(g_plan.root, sizeof g_plan.root, value);
  if (strcmp(name, "path") == 0) return copy_text(g_plan.path, sizeof g_plan.path, value);
  if (strcmp(name, "report") == 0) return copy_text(g_plan.report, sizeof g_plan.report, value);
  if (strcmp(name, "op") == 0) return set_ops(value);
  if (strcmp(name, "act") == 0) return set_act(value);
  if (strcmp(name, "nth") == 0)
    g_plan.nth = strtoull(value, nullptr, 10);
  else if (strcmp(name, "sticky") == 0)
    g_plan.sticky = *value == '1';
  else if (strcmp(name, "cut") == 0)
    g_plan.cut = static_cast<unsigned>(atoi(value));
  else
    return false;
  return true;
}

// The files that count, by their path; the kernel knows it of a descriptor.
bool is_meant(const char* path) {
  return strncmp(path, g_plan.root, strlen(g_plan.root)) == 0 &&
         (g_plan.path[0] == '\0' || strstr(path, g_plan.path) != nullptr);
}

void report(const char* name, const char* path) {
  if (g_plan.report[0] == '\0') return;
  char line[PATH_MAX + 64];
  const int bytes = snprintf(line, sizeof line, "%s %s\n", name, path);
  const long file =
      syscall(SYS_openat, AT_FDCWD, g_plan.report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  (void)syscall(SYS_write, file, line, static_cast<size_t>(bytes));
  (void)syscall(SYS_close, file);
}

[[noreturn]] void die() {
  for (;;) (void)syscall(SYS_kill, getpid(), SIGKILL);
}

const char* word_of(unsigned op) {
  for (const auto& known : kOps)
    if (known.ops == op) return known.name;
  return "";
}

// What happens to this call.
Act judge(unsigned op, const char* name, const char* path) {
  if (!g_armed.load(std::memory_order_acquire) || (g_plan.ops & op) == 0 || !is_meant(path))
    return Act::none;
  if (g_plan.act == Act::list) {
    report(word_of(op), path);
    return Act::none;
  }
  const std::uint64_t number = g_count.fetch_add(1) + 1;
  if (g_plan.nth == 0 || number < g_plan.nth || (number > g_plan.nth && !g_plan.sticky))
    return Act::none;
  if (g_fired.fetch_add(1) == 0) report(name, path);
  if (g_plan.act == Act::kill) die();
  return g_plan.act;
}

Act judge_file(unsigned op, const char* name, int file) {
  if (!g_armed.load(std::memory_order_acquire) || (g_plan.ops & op) == 0) return Act::none;
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const long bytes = syscall(SYS_readlink, link, path, sizeof path - 1);
  if (bytes <= 0) return Act::none;
  path[bytes] = '\0';
  return judge(op, name, path);
}

// -1 with errno where the plan says that the call fails.
bool refuse(Act act) {
  if (act == Act::eio) errno = EIO;
  if (act == Act::enospc) errno = ENOSPC;
  return act == Act::eio || act == Act::enospc;
}

// Whole sectors, as a disk tears: O_DIRECT takes nothing else.
std::size_t part_of(std::size_t bytes) {
  const std::size_t part = bytes * g_plan.cut / 100;
  return bytes % 512 == 0 ? part / 512 * 512 : part;
}

template <class Call>
int change(unsigned op, const char* name, const char* path, Call call) {
  const Act act = judge(op, name, path);
  if (refuse(act)) return -1;
  if (act == Act::torn) die();
  const int done = call();
  if (act == Act::kill_after) die();
  return done;
}

template <class Call>
int change_file(unsigned op, const char* name, int file, Call call) {
  const Act act = judge_file(op, name, file);
  if (refuse(act)) return -1;
  if (act == Act::torn) die();
  if (act == Act::lie && (op & (op_fsync | op_fdatasync)) != 0) return 0;
  const int done = call();
  if (act == Act::kill_after) die();
  return done;
}

// `call` writes so many of the bytes.
template <class Call>
ssize_t transfer(Act act, std::size_t bytes, Call call) {
  if (refuse(act)) return -1;
  if (act == Act::torn) {
    (void)call(part_of(bytes));
    die();
  }
  const ssize_t done = call(act == Act::cut_short ? part_of(bytes) : bytes);
  if (act == Act::kill_after) die();
  return done;
}

std::size_t bytes_of(const iovec* parts, int count) {
  std::size_t bytes = 0;
  for (int i = 0; i < count; ++i) bytes += parts[i].iov_len;
  return bytes;
}

// The first `bytes` of the parts, through one buffer: a torn write need not be fast.
ssize_t write_part(int file, const iovec* parts, int count, off_t at, std::size_t bytes) {
  std::size_t done = 0;
  for (int i = 0; i < count && done < bytes; ++i) {
    const std::size_t length = parts[i].iov_len < bytes - done ? parts[i].iov_len : bytes - done;
    const long written =
        syscall(SYS_pwrite64, file, parts[i].iov_base, length, at + static_cast<off_t>(done));
    if (written < 0) return done > 0 ? static_cast<ssize_t>(done) : -1;
    done += static_cast<std::size_t>(written);
  }
  return static_cast<ssize_t>(done);
}

ssize_t write_gathered(int file, const iovec* parts, int count, off_t at, int flags) {
  const bool is_synced = (flags & (RWF_DSYNC | RWF_SYNC)) != 0;
  const Act act = judge_file(is_synced ? op_dsync : op_write, "pwritev2", file);
  const int kept = act == Act::lie ? flags & ~(RWF_DSYNC | RWF_SYNC) : flags;
  const std::size_t whole = bytes_of(parts, count);
  return transfer(act, whole, [&](std::size_t bytes) -> ssize_t {
    if (bytes < whole) return write_part(file, parts, count, at, bytes);
    return syscall(SYS_pwritev2, file, parts, static_cast<unsigned long>(count), at, 0L, kept);
  });
}

int open_file(const char* path, int flags, mode_t mode, int dir) {
  const auto call = [&] {
    return static_cast<int>(syscall(SYS_openat, dir, path, flags, static_cast<unsigned>(mode)));
  };
  if ((flags & O_CREAT) == 0) return call();
  return change(op_create, "create", path, call);
}

}  // namespace

extern "C" {

// 0, or -1 for a plan that is not understood.
int cartella_fault_arm(const char* text) {
  g_armed.store(false);
  g_plan = Plan{};
  g_count.store(0);
  g_fired.store(0);
  char copy[3 * PATH_MAX];
  if (!copy_text(copy, sizeof copy, text)) return -1;
  char* rest = nullptr;
  for (char* word = strtok_r(copy, ";", &rest); word; word = strtok_r(nullptr, ";", &rest)) {
    char* value = strchr(word, '=');
    if (value == nullptr) return -1;
    *value++ = '\0';
    if (!set_word(word, value)) return -1;
  }
  if (g_plan.root[0] == '\0') return -1;
  g_armed.store(true, std::memory_order_release);
  return 0;
}

__attribute__((constructor)) void cartella_fault_start() {
  const char* plan = getenv("CARTELLA_FAULT");
  if (plan != nullptr && cartella_fault_arm(plan) != 0) {
    fprintf(stderr, "CARTELLA_FAULT is not understood\n");
    _exit(2);
  }
}

ssize_t write(int file, const void* from, size_t bytes) {
  return transfer(judge_file(op_write, "write", file), bytes, [&](std::size_t part) {
    return static_cast<ssize_t>(syscall(SYS_write, file, from, part));
  });
}
ssize_t pwrite(int file, const void* from, size_t bytes, off_t at) {
  return transfer(judge_file(op_write, "pwrite", file), bytes, [&](std::size_t part) {
    return static_cast<ssize_t>(syscall(SYS_pwrite64, file, from, part, at));
  });
}
ssize_t pwrite64(int file, const void* from, size_t bytes, off64_t at) {
  return pwrite(file, from, bytes, at);
}
ssize_t pwritev2(int file, const iovec* parts, int count, off_t at, int flags) {
  return write_gathered(file, parts, count, at, flags);
}
ssize_t pwritev64v2(int file, const iovec* parts, int count, off64_t at, int flags) {
  return write_gathered(file, parts, count, at, flags);
}
ssize_t pread(int file, void* to, size_t bytes, off_t at) {
  return transfer(judge_file(op_read, "pread", file), bytes, [&](std::size_t part) {
    return static_cast<ssize_t>(syscall(SYS_pread64, file, to, part, at));
  });
}
ssize_t pread64(int file, void* to, size_t bytes, off64_t at) { return pread(file, to, bytes, at); }
int fsync(int file) {
  return change_file(op_fsync, "fsync", file,
                     [&] { return static_cast<int>(syscall(SYS_fsync, file)); });
}
int fdatasync(int file) {
  return change_file(op_fdatasync, "fdatasync", file,
                     [&] { return static_cast<int>(syscall(SYS_fdatasync, file)); });
}
int rename(const char* from, const char* to) noexcept {
  return change(op_rename, "rename", to,
                [&] { return static_cast<int>(syscall(SYS_rename, from, to)); });
}
int unlink(const char* path) noexcept {
  return change(op_unlink, "unlink", path,
                [&] { return static_cast<int>(syscall(SYS_unlink, path)); });
}
int ftruncate(int file, off_t bytes) noexcept {
  return change_file(op_truncate, "ftruncate", file,
                     [&] { return static_cast<int>(syscall(SYS_ftruncate, file, bytes)); });
}
int ftruncate64(int file, off64_t bytes) noexcept { return ftruncate(file, bytes); }
int fallocate(int file, int mode, off_t at, off_t bytes) {
  return change_file(op_allocate, "fallocate", file, [&] {
    return static_cast<int>(syscall(SYS_fallocate, file, mode, at, bytes));
  });
}
int fallocate64(int file, int mode, off64_t at, off64_t bytes) {
  return fallocate(file, mode, at, bytes);
}
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_file(path, flags, mode, AT_FDCWD);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_file(path, flags, mode, AT_FDCWD);
}

}  // extern "C"
