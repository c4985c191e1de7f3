// Loaded before libc (LD_PRELOAD): the clock of this process is wrong by as many milliseconds as KURA_CHAOS_CLOCK, a file
// of 8 bytes, says at that moment. What counts time from a start is right, and so are times that the kernel writes: of
// files. Built by chaos/clocks.ts.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *off_ms;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("KURA_CHAOS_CLOCK");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *page = file < 0 ? MAP_FAILED : mmap(0, sizeof *off_ms, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) off_ms = page;
  if (file >= 0) close(file);
}

static void shift(int64_t *seconds) { *seconds += off_ms ? *off_ms / 1000 : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = syscall(SYS_clock_gettime, clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(&now->tv_sec);
  return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int failed = syscall(SYS_gettimeofday, now, zone);
  if (!failed) shift(&now->tv_sec);
  return failed;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}
