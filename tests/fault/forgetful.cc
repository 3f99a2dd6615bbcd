// tests/fault/forgetful.cc: a file system in memory that forgets what was not synced.
//
//   forgetful MOUNTPOINT        serves until it is unmounted; needs /dev/fuse
//
// Each file has the bytes that a reader sees and those that a power loss leaves; a sync of the file
// makes the second like the first, page by page. Each directory has two lists of names likewise, so
// that a file whose directory was not synced vanishes, and a rename is undone. What it is told, by
// setxattr on the mount point:
//   user.snapshot 1          the present state is durable, and is what a reset goes back to
//   user.reset 1             back to the snapshot
//   user.power_loss all      what was not synced is gone
//   user.power_loss some N   of unsynced pages and sizes some survive, of the unsynced changes of a
//                            directory the first few, chosen from the seed N
//   user.lie 1               from now on syncs say ok and do nothing
// Threads: one.
#define FUSE_USE_VERSION 35
#include <fuse3/fuse.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kPage = 4096;

struct Node;
using Pointer = std::shared_ptr<Node>;
using Names = std::map<std::string, Pointer>;

struct Node {
  explicit Node(mode_t what) : mode(what) {}
  bool is_directory() const { return S_ISDIR(mode); }
  mode_t mode;
  std::vector<std::uint8_t> now, durable;
  std::set<std::size_t> dirty;  // pages that were written since the last sync
  Names names, durable_names;
  std::vector<std::function<void(Names&)>> changes;  // of the names, since the last sync
};

Pointer g_root = std::make_shared<Node>(S_IFDIR | 0755);
Pointer g_snapshot;
std::map<std::uint64_t, Pointer> g_open;
std::uint64_t g_handles = 0;
bool g_lies = false;

Pointer copy_of(const Pointer& node) {
  auto copy = std::make_shared<Node>(node->mode);
  copy->now = copy->durable = node->now;
  for (const auto& [name, child] : node->names)
    copy->names[name] = copy->durable_names[name] = copy_of(child);
  return copy;
}

Pointer find(const std::string& path) {
  Pointer at = g_root;
  std::size_t from = 1;
  while (from < path.size()) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    const auto child = at->names.find(path.substr(from, end - from));
    if (child == at->names.end()) return nullptr;
    at = child->second;
    from = end + 1;
  }
  return at;
}
Pointer parent_of(const std::string& path) {
  return find(path.substr(0, std::max<std::size_t>(1, path.rfind('/'))));
}
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Pointer node_of(const char* path, const fuse_file_info* info) {
  if (info != nullptr && info->fh != 0) return g_open.at(info->fh);
  return path == nullptr ? nullptr : find(path);
}

// Now, and again when the directory is synced or a power loss lets it through.
void change_names(Node& directory, const std::function<void(Names&)>& change) {
  change(directory.names);
  directory.changes.push_back(change);
}

void sync(Node& node) {
  if (g_lies) return;
  if (node.is_directory()) {
    node.durable_names = node.names;
    node.changes.clear();
    return;
  }
  node.durable.resize(node.now.size());
  for (const std::size_t page : node.dirty) {
    const std::size_t from = page * kPage;
    if (from >= node.now.size()) continue;
    const std::size_t bytes = std::min(kPage, node.now.size() - from);
    std::memcpy(node.durable.data() + from, node.now.data() + from, bytes);
  }
  node.dirty.clear();
}

// What of a file survives: with a random choice some pages and perhaps the size.
void lose_pages(Node& node, std::mt19937_64* random) {
  if (random != nullptr) {
    if ((*random)() % 2 == 0) node.durable.resize(node.now.size());
    for (const std::size_t page : node.dirty) {
      const std::size_t from = page * kPage;
      const std::size_t end = std::min({from + kPage, node.now.size(), node.durable.size()});
      if (from >= end || (*random)() % 2 == 0) continue;
      std::memcpy(node.durable.data() + from, node.now.data() + from, end - from);
    }
  }
  node.now = node.durable;
  node.dirty.clear();
}

void lose(Node& node, std::mt19937_64* random) {
  if (!node.is_directory()) return lose_pages(node, random);
  if (random != nullptr) {
    const std::size_t kept = (*random)() % (node.changes.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) node.changes[i](node.durable_names);
  }
  node.changes.clear();
  node.names = node.durable_names;
  for (const auto& [name, child] : node.names) lose(*child, random);
}

int tell(const std::string& name, const std::string& value) {
  if (name == "user.lie") {
    g_lies = value == "1";
  } else if (name == "user.snapshot") {
    g_root = copy_of(g_root);
    g_snapshot = copy_of(g_root);
  } else if (name == "user.reset" && g_snapshot) {
    g_root = copy_of(g_snapshot);
  } else if (name == "user.power_loss" && value == "all") {
    lose(*g_root, nullptr);
  } else if (name == "user.power_loss" && value.starts_with("some ")) {
    std::mt19937_64 random(std::stoull(value.substr(5)));
    lose(*g_root, &random);
  } else {
    return -EINVAL;
  }
  return 0;
}

// ---- what the kernel asks

void* start(fuse_conn_info* connection, fuse_config* config) {
  (void)connection;
  config->direct_io = 1;  // no page cache that would outlive a power loss
  config->hard_remove = 1;
  config->nullpath_ok = 1;
  config->attr_timeout = config->entry_timeout = config->negative_timeout = 0;
  return nullptr;
}

int on_getattr(const char* path, struct stat* to, fuse_file_info* info) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  *to = {};
  to->st_mode = node->mode;
  to->st_nlink = node->is_directory() ? 2 : 1;
  to->st_size = static_cast<off_t>(node->now.size());
  to->st_blocks = static_cast<blkcnt_t>((node->now.size() + 511) / 512);
  to->st_blksize = kPage;
  return 0;
}

int on_readdir(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info* info,
               fuse_readdir_flags) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  for (const auto& [name, child] : node->names)
    fill(buffer, name.c_str(), nullptr, 0, static_cast<fuse_fill_dir_flags>(0));
  return 0;
}

int add(const std::string& path, const Pointer& node) {
  const Pointer parent = parent_of(path);
  if (!parent) return -ENOENT;
  const std::string name = name_of(path);
  if (parent->names.contains(name)) return -EEXIST;
  change_names(*parent, [name, node](Names& names) { names[name] = node; });
  return 0;
}
int open_node(const Pointer& node, fuse_file_info* info) {
  info->fh = ++g_handles;
  g_open[info->fh] = node;
  return 0;
}
int on_mkdir(const char* path, mode_t mode) {
  return add(path, std::make_shared<Node>(S_IFDIR | (mode & 07777)));
}
int on_create(const char* path, mode_t mode, fuse_file_info* info) {
  const auto node = std::make_shared<Node>(S_IFREG | (mode & 07777));
  const int added = add(path, node);
  return added != 0 ? added : open_node(node, info);
}
int on_open(const char* path, fuse_file_info* info) {
  const Pointer node = find(path);
  return node ? open_node(node, info) : -ENOENT;
}
int on_release(const char*, fuse_file_info* info) {
  g_open.erase(info->fh);
  return 0;
}

int on_read(const char* path, char* to, std::size_t bytes, off_t at, fuse_file_info* info) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  const auto from = static_cast<std::size_t>(at);
  if (from >= node->now.size()) return 0;
  const std::size_t count = std::min(bytes, node->now.size() - from);
  std::memcpy(to, node->now.data() + from, count);
  return static_cast<int>(count);
}

void resize(Node& node, std::size_t bytes) {
  // The page at the new end changes as well: what lay behind it reads as zeros from now on.
  if (bytes < node.now.size()) node.dirty.insert(bytes / kPage);
  for (std::size_t page = node.now.size() / kPage; page * kPage < bytes; ++page)
    node.dirty.insert(page);
  node.now.resize(bytes);
}

int on_write(const char* path, const char* from, std::size_t bytes, off_t offset,
             fuse_file_info* info) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  const auto at = static_cast<std::size_t>(offset);
  if (at + bytes > node->now.size()) resize(*node, at + bytes);
  std::memcpy(node->now.data() + at, from, bytes);
  for (std::size_t page = at / kPage; page * kPage < at + bytes; ++page) node->dirty.insert(page);
  // A write with RWF_DSYNC or to a file opened with O_DSYNC comes with this flag.
  if ((info->flags & O_DSYNC) != 0) sync(*node);
  return static_cast<int>(bytes);
}

int on_truncate(const char* path, off_t bytes, fuse_file_info* info) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  resize(*node, static_cast<std::size_t>(bytes));
  return 0;
}
int on_fallocate(const char* path, int mode, off_t at, off_t bytes, fuse_file_info* info) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  if ((mode & ~1) != 0) return -EOPNOTSUPP;  // 1: the size is kept, and room is always there
  const auto end = static_cast<std::size_t>(at + bytes);
  if (mode == 0 && end > node->now.size()) resize(*node, end);
  return 0;
}

int on_fsync(const char* path, int, fuse_file_info* info) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  sync(*node);
  return 0;
}

int on_remove(const char* path) {
  const Pointer parent = parent_of(path);
  const std::string name = name_of(path);
  if (!parent || !parent->names.contains(name)) return -ENOENT;
  change_names(*parent, [name](Names& names) { names.erase(name); });
  return 0;
}
int on_rmdir(const char* path) {
  const Pointer node = find(path);
  if (node && !node->names.empty()) return -ENOTEMPTY;
  return on_remove(path);
}
int on_rename(const char* from, const char* to, unsigned flags) {
  if (flags != 0) return -EINVAL;
  const Pointer node = find(from);
  const Pointer source = parent_of(from);
  const Pointer target = parent_of(to);
  if (!node || !source || !target) return -ENOENT;
  const std::string old_name = name_of(from);
  const std::string new_name = name_of(to);
  if (source == target) {
    // In one directory a rename is one change: whole or not at all.
    change_names(*source, [=](Names& names) {
      names.erase(old_name);
      names[new_name] = node;
    });
    return 0;
  }
  change_names(*target, [=](Names& names) { names[new_name] = node; });
  change_names(*source, [=](Names& names) { names.erase(old_name); });
  return 0;
}

int on_statfs(const char*, struct statvfs* to) {
  *to = {};
  to->f_bsize = to->f_frsize = kPage;
  to->f_blocks = to->f_bfree = to->f_bavail = 1 << 22;
  to->f_namemax = 255;
  return 0;
}
int on_setxattr(const char* path, const char* name, const char* value, std::size_t bytes, int) {
  if (std::string(path) != "/") return -ENOTSUP;
  return tell(name, std::string(value, bytes));
}
int on_chmod(const char* path, mode_t mode, fuse_file_info* info) {
  const Pointer node = node_of(path, info);
  if (!node) return -ENOENT;
  node->mode = (node->mode & S_IFMT) | (mode & 07777);
  return 0;
}
int on_chown(const char*, uid_t, gid_t, fuse_file_info*) { return 0; }
int on_utimens(const char*, const timespec*, fuse_file_info*) { return 0; }

fuse_operations operations() {
  fuse_operations all{};
  all.init = start;
  all.getattr = on_getattr;
  all.readdir = on_readdir;
  all.mkdir = on_mkdir;
  all.create = on_create;
  all.open = on_open;
  all.opendir = on_open;
  all.release = on_release;
  all.releasedir = on_release;
  all.read = on_read;
  all.write = on_write;
  all.truncate = on_truncate;
  all.fallocate = on_fallocate;
  all.fsync = on_fsync;
  all.fsyncdir = on_fsync;
  all.unlink = on_remove;
  all.rmdir = on_rmdir;
  all.rename = on_rename;
  all.statfs = on_statfs;
  all.setxattr = on_setxattr;
  all.chmod = on_chmod;
  all.chown = on_chown;
  all.utimens = on_utimens;
  return all;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: forgetful MOUNTPOINT\n");
    return 2;
  }
  char program[] = "forgetful";
  char foreground[] = "-f";
  char single[] = "-s";
  char* arguments[] = {program, foreground, single, words[1], nullptr};
  const fuse_operations all = operations();
  return fuse_main(4, arguments, &all, nullptr);
}
