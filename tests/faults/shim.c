// Loaded before libc (LD_PRELOAD): counts the calls of this process that touch files below given folders,
// and lets the n-th one fail, once. It is not a file system: calls that libc makes inside itself, such as
// getdents and the pages of a memory map, are not seen. Built by faults/shim.ts with the C compiler at hand.
//   KURA_FAULT_UNDER  folders, separated by ":"    KURA_FAULT_AT   which call fails (0: none, only count)
//   KURA_FAULT_LOG    every counted call is written there, one line each: "name path"
//   KURA_FAULT_KILL   set: at that call the process is killed instead, before the call is made
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long fail_at;
static const char *under;
static int kills;
static int log_file = -1;

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("KURA_FAULT_AT"), *log = getenv("KURA_FAULT_LOG");
  under = getenv("KURA_FAULT_UNDER");
  kills = getenv("KURA_FAULT_KILL") != NULL;
  fail_at = at ? atol(at) : 0;
  // By system call, so that this file's own work is not counted.
  if (log) log_file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_under(const char *path) {
  for (const char *one = under; one && *one;) {
    size_t length = strcspn(one, ":");
    if (length && !strncmp(path, one, length)) return 1;
    one += length + (one[length] == ':');
  }
  return 0;
}

// The absolute path of what a call means; 0 if it is none of ours.
static int ours(int folder, const char *path, char *into) {
  char link[64], base[4096];
  ssize_t length = 0;
  if (!under) return 0;
  if (path && path[0] == '/') return snprintf(into, 8192, "%s", path), is_under(into);
  if (folder == AT_FDCWD) length = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/cwd", base, 4095);
  else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    length = syscall(SYS_readlinkat, AT_FDCWD, link, base, 4095);
  }
  if (length <= 0) return 0;
  base[length] = 0;
  snprintf(into, 8192, path && *path ? "%s/%s" : "%s", base, path ? path : "");
  return is_under(into);
}

// What changes something may also run out of space; every second one of these does.
static int strike(const char *name, int changes, int folder, const char *path) {
  char full[8192], line[8300];
  int saved = errno;
  if (!ours(folder, path, full)) return errno = saved, 0;
  long number = atomic_fetch_add(&calls, 1) + 1;
  if (kills && number == fail_at) kill(getpid(), SIGKILL);
  int error = number != fail_at ? 0 : changes && number % 2 ? ENOSPC : EIO;
  if (log_file >= 0) {
    const char *mark = !error ? "" : error == EIO ? "EIO " : "ENOSPC ";
    int length = snprintf(line, sizeof line, "%s%s %s\n", mark, name, full);
    syscall(SYS_write, log_file, line, length);
  }
  errno = error ? error : saved;
  return error != 0;
}

#define CALL(type, name, changes, folder, path, parameters, arguments) \
  type name parameters {                                               \
    static type(*real) parameters;                                     \
    if (!real) real = dlsym(RTLD_NEXT, #name);                         \
    if (strike(#name, changes, folder, path)) return -1;               \
    return real arguments;                                             \
  }
#define OF_FILE(type, name, changes, parameters, arguments) \
  CALL(type, name, changes, file, NULL, parameters, arguments)
#define OF_PATH(type, name, changes, parameters, arguments) \
  CALL(type, name, changes, AT_FDCWD, path, parameters, arguments)

#define OPEN(name)                                                     \
  int name(const char *path, int flags, ...) {                         \
    static int (*real)(const char *, int, ...);                        \
    va_list rest;                                                      \
    va_start(rest, flags);                                             \
    mode_t mode = va_arg(rest, mode_t);                                \
    va_end(rest);                                                      \
    if (!real) real = dlsym(RTLD_NEXT, #name);                         \
    if (strike(#name, flags & O_CREAT, AT_FDCWD, path)) return -1;     \
    return real(path, flags, mode);                                    \
  }
#define OPEN_AT(name)                                                  \
  int name(int folder, const char *path, int flags, ...) {             \
    static int (*real)(int, const char *, int, ...);                   \
    va_list rest;                                                      \
    va_start(rest, flags);                                             \
    mode_t mode = va_arg(rest, mode_t);                                \
    va_end(rest);                                                      \
    if (!real) real = dlsym(RTLD_NEXT, #name);                         \
    if (strike(#name, flags & O_CREAT, folder, path)) return -1;       \
    return real(folder, path, flags, mode);                            \
  }
OPEN(open) OPEN(open64) OPEN_AT(openat) OPEN_AT(openat64)

OF_FILE(ssize_t, read, 0, (int file, void *to, size_t count), (file, to, count))
OF_FILE(ssize_t, pread, 0, (int file, void *to, size_t count, off_t at), (file, to, count, at))
OF_FILE(ssize_t, pread64, 0, (int file, void *to, size_t count, off64_t at), (file, to, count, at))
OF_FILE(ssize_t, readv, 0, (int file, const struct iovec *to, int count), (file, to, count))
OF_FILE(ssize_t, preadv64, 0, (int file, const struct iovec *to, int count, off64_t at), (file, to, count, at))
OF_FILE(ssize_t, write, 1, (int file, const void *from, size_t count), (file, from, count))
OF_FILE(ssize_t, pwrite, 1, (int file, const void *from, size_t count, off_t at), (file, from, count, at))
OF_FILE(ssize_t, pwrite64, 1, (int file, const void *from, size_t count, off64_t at), (file, from, count, at))
OF_FILE(ssize_t, writev, 1, (int file, const struct iovec *from, int count), (file, from, count))
OF_FILE(ssize_t, pwritev64, 1, (int file, const struct iovec *from, int count, off64_t at), (file, from, count, at))
OF_FILE(int, fsync, 1, (int file), (file))
OF_FILE(int, fdatasync, 1, (int file), (file))
OF_FILE(int, syncfs, 1, (int file), (file))
OF_FILE(int, ftruncate, 1, (int file, off_t size), (file, size))
OF_FILE(int, ftruncate64, 1, (int file, off64_t size), (file, size))
OF_FILE(int, fchmod, 1, (int file, mode_t mode), (file, mode))
OF_FILE(int, fchown, 1, (int file, uid_t user, gid_t group), (file, user, group))
OF_FILE(int, futimens, 1, (int file, const struct timespec times[2]), (file, times))
OF_FILE(off_t, lseek, 0, (int file, off_t at, int from), (file, at, from))
OF_FILE(off64_t, lseek64, 0, (int file, off64_t at, int from), (file, at, from))
OF_FILE(int, fstat, 0, (int file, struct stat *to), (file, to))
OF_FILE(int, fstat64, 0, (int file, struct stat64 *to), (file, to))
OF_FILE(ssize_t, flistxattr, 0, (int file, char *to, size_t size), (file, to, size))
OF_FILE(ssize_t, fgetxattr, 0, (int file, const char *name, void *to, size_t size), (file, name, to, size))
OF_FILE(int, fsetxattr, 1, (int file, const char *name, const void *from, size_t size, int flags), (file, name, from, size, flags))

OF_PATH(int, stat, 0, (const char *path, struct stat *to), (path, to))
OF_PATH(int, stat64, 0, (const char *path, struct stat64 *to), (path, to))
OF_PATH(int, lstat, 0, (const char *path, struct stat *to), (path, to))
OF_PATH(int, lstat64, 0, (const char *path, struct stat64 *to), (path, to))
OF_PATH(int, access, 0, (const char *path, int mode), (path, mode))
OF_PATH(ssize_t, readlink, 0, (const char *path, char *to, size_t size), (path, to, size))
OF_PATH(int, mkdir, 1, (const char *path, mode_t mode), (path, mode))
OF_PATH(int, rmdir, 1, (const char *path), (path))
OF_PATH(int, unlink, 1, (const char *path), (path))
OF_PATH(int, symlink, 1, (const char *target, const char *path), (target, path))
OF_PATH(int, chmod, 1, (const char *path, mode_t mode), (path, mode))
OF_PATH(ssize_t, llistxattr, 0, (const char *path, char *to, size_t size), (path, to, size))
OF_PATH(ssize_t, lgetxattr, 0, (const char *path, const char *name, void *to, size_t size), (path, name, to, size))
OF_PATH(int, lsetxattr, 1, (const char *path, const char *name, const void *from, size_t size, int flags), (path, name, from, size, flags))
struct statfs;
struct statfs64;
OF_PATH(int, statfs, 0, (const char *path, struct statfs *to), (path, to))
OF_PATH(int, statfs64, 0, (const char *path, struct statfs64 *to), (path, to))

CALL(int, link, 1, AT_FDCWD, to, (const char *from, const char *to), (from, to))
CALL(int, rename, 1, AT_FDCWD, to, (const char *from, const char *to), (from, to))
CALL(int, statx, 0, folder, path, (int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict to), (folder, path, flags, mask, to))
CALL(int, fstatat64, 0, folder, path, (int folder, const char *path, struct stat64 *to, int flags), (folder, path, to, flags))
CALL(int, mkdirat, 1, folder, path, (int folder, const char *path, mode_t mode), (folder, path, mode))
CALL(int, mknodat, 1, folder, path, (int folder, const char *path, mode_t mode, dev_t device), (folder, path, mode, device))
CALL(int, symlinkat, 1, folder, path, (const char *target, int folder, const char *path), (target, folder, path))
CALL(int, linkat, 1, folder, path, (int from_folder, const char *from, int folder, const char *path, int flags), (from_folder, from, folder, path, flags))
CALL(int, renameat, 1, folder, path, (int from_folder, const char *from, int folder, const char *path), (from_folder, from, folder, path))
CALL(int, unlinkat, 1, folder, path, (int folder, const char *path, int flags), (folder, path, flags))
CALL(int, fchownat, 1, folder, path, (int folder, const char *path, uid_t user, gid_t group, int flags), (folder, path, user, group, flags))
CALL(int, fchmodat, 1, folder, path, (int folder, const char *path, mode_t mode, int flags), (folder, path, mode, flags))
CALL(int, utimensat, 1, folder, path, (int folder, const char *path, const struct timespec times[2], int flags), (folder, path, times, flags))

// A failed close closes all the same.
int close(int file) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "close");
  int fails = strike("close", 0, file, NULL), error = errno;
  int result = real(file);
  return fails ? (errno = error, -1) : result;
}

// Node asks for a status by number.
long syscall(long number, ...) {
  static long (*real)(long, ...);
  long a[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
  if (!real) real = dlsym(RTLD_NEXT, "syscall");
  if (number == SYS_statx && strike("statx", 0, (int)a[0], (const char *)a[1])) return -1;
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

struct dirent;
struct dirent64;
OF_PATH(int, scandir, 0, (const char *path, struct dirent ***to, int (*wants)(const struct dirent *), int (*order)(const struct dirent **, const struct dirent **)), (path, to, wants, order))
OF_PATH(int, scandir64, 0, (const char *path, struct dirent64 ***to, int (*wants)(const struct dirent64 *), int (*order)(const struct dirent64 **, const struct dirent64 **)), (path, to, wants, order))

struct __dirstream;
struct __dirstream *opendir(const char *path) {
  static struct __dirstream *(*real)(const char *);
  if (!real) real = dlsym(RTLD_NEXT, "opendir");
  return strike("opendir", 0, AT_FDCWD, path) ? NULL : real(path);
}
