/*
 * Preloaded into a game: gives it a clock that moves by a fixed step with each frame it shows, however long the frame took to draw, and writes
 * chosen frames to files, read from the back buffer before the swap, so that none is torn or scaled.
 *
 *   cc -O2 -shared -fPIC -o step_clock.so step_clock.c -ldl
 *
 * Environment:
 *   STEP_CLOCK       file of 4 KiB that all processes of the game share (see `struct shared`)
 *   STEP_OUT         folder of the frames: PPM files named <capture>-<frame>.ppm
 *   STEP_CAPTURE     number of the first capture
 *   STEP_SIZE        WxH; frames of other sizes (splash windows, loading) are not written
 *   STEP_BETWEEN_MS  step of the clock between captures
 *   STEP_FIRST_S     seconds of the game's time before the first capture
 *   STEP_EVERY_S     seconds of the game's time from one capture to the next
 *   STEP_SEQUENCE    every n-th capture is a sequence of 8 frames at 30 a second
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define FRAME (SECOND / 30)
#define SEQUENCE_FRAMES 8
/* Frames at the fine step before a capture, so that physics and animation have settled to it. */
#define LEAD_FRAMES 3
/* A process that shows nothing for so long is loading, or waits for its clock: from then on the clock runs as a real one does. */
#define STALL (4 * SECOND)
/* How far a frame may be ahead of the scripted input, and how long it waits for it. */
#define AHEAD (SECOND / 4)
#define AHEAD_WAITS 500
/* Between frames the clock creeps at this fraction of real time, at most half a step, so that loops that wait for it to move do end. */
#define CREEP 50

struct shared {
  volatile int64_t clock_ns;     /* the game's time at the last frame, from 0 */
  volatile int64_t real_ns;      /* real monotonic time of the last frame */
  volatile int64_t frames;       /* shown so far */
  volatile int64_t captures;     /* whole captures written so far */
  volatile int64_t next_ns;      /* the game's time of the next capture */
  volatile int64_t in_sequence;  /* frames of the capture under way that were written */
  volatile int64_t played_ns;    /* the game's time up to which the scripted input has been given; 0 while nobody gives any */
};

static struct shared *shared;
static struct shared alone;
static int64_t epoch_ns, between_ns = SECOND / 30, every_ns = SECOND;
static int sequence_every = 8, first_capture, want_width, want_height;
static const char *out_folder;
static _Thread_local int is_drawing_thread;

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_nanosleep)(const struct timespec *, struct timespec *);
static void *(*real_dlsym)(void *, const char *);

static int64_t nanoseconds(const struct timespec *t) { return t->tv_sec * SECOND + t->tv_nsec; }
static struct timespec timespec_of(int64_t ns) { return (struct timespec){ns / SECOND, ns % SECOND}; }

static int64_t real_now(clockid_t clock) {
  struct timespec t;
  real_clock_gettime(clock, &t);
  return nanoseconds(&t);
}

static double number(const char *name, double otherwise) {
  const char *text = getenv(name);
  return text ? atof(text) : otherwise;
}

__attribute__((constructor)) static void open_clock(void) {
  if (shared) return;
  real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
  if (!real_dlsym) real_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  real_clock_gettime = real_dlsym(RTLD_NEXT, "clock_gettime");
  real_nanosleep = real_dlsym(RTLD_NEXT, "nanosleep");
  const char *path = getenv("STEP_CLOCK");
  int file = path ? open(path, O_RDWR) : -1;
  struct shared *mapped = file < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  /* Dates are those of 2024: they do not depend on the day of the capture. */
  epoch_ns = 1717243200LL * SECOND;
  between_ns = number("STEP_BETWEEN_MS", 33.3) * 1e6;
  every_ns = number("STEP_EVERY_S", 2) * 1e9;
  sequence_every = number("STEP_SEQUENCE", 8);
  first_capture = number("STEP_CAPTURE", 0);
  out_folder = getenv("STEP_OUT");
  const char *size = getenv("STEP_SIZE");
  if (size) sscanf(size, "%dx%d", &want_width, &want_height);
  shared = mapped == MAP_FAILED ? &alone : mapped;
  if (!shared->real_ns) {
    shared->real_ns = real_now(CLOCK_MONOTONIC);
    shared->next_ns = number("STEP_FIRST_S", 10) * 1e9;
  }
}

/* The game's time, from 0. */
static int64_t now(void) {
  open_clock();
  int64_t passed = real_now(CLOCK_MONOTONIC) - shared->real_ns;
  int64_t creep = passed / CREEP < FRAME / 2 ? passed / CREEP : FRAME / 2;
  return shared->clock_ns + creep + (passed > STALL ? passed - STALL : 0);
}

static int is_stepped(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
         clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
  open_clock();
  if (!is_stepped(clock)) return real_clock_gettime(clock, t);
  *t = timespec_of(epoch_ns + now());
  return 0;
}

int gettimeofday(struct timeval *t, void *zone) {
  (void)zone;
  int64_t ns = epoch_ns + now();
  t->tv_sec = ns / SECOND;
  t->tv_usec = ns % SECOND / 1000;
  return 0;
}

time_t time(time_t *t) {
  time_t seconds = (epoch_ns + now()) / SECOND;
  if (t) *t = seconds;
  return seconds;
}

/*
 * The thread that draws does not wait: its sleep moves the clock at once, and counts towards the step of its frame. Other threads wait until
 * the clock has moved as far.
 */
static void rest(int64_t ns) {
  open_clock();
  if (is_drawing_thread) {
    shared->clock_ns += ns;
    struct timespec moment = timespec_of(SECOND / 5000);
    real_nanosleep(&moment, NULL);
    return;
  }
  int64_t until = now() + ns;
  do {
    int64_t left = until - now();
    struct timespec moment = timespec_of(left > SECOND / 500 ? SECOND / 500 : left > 0 ? left : 1);
    real_nanosleep(&moment, NULL);
  } while (now() < until);
}

int nanosleep(const struct timespec *wanted, struct timespec *left) {
  rest(nanoseconds(wanted));
  if (left) *left = (struct timespec){0, 0};
  return 0;
}

int usleep(useconds_t microseconds) {
  rest(microseconds * 1000LL);
  return 0;
}

unsigned sleep(unsigned seconds) {
  rest(seconds * SECOND);
  return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left) {
  (void)clock;
  int64_t ns = nanoseconds(wanted) - (flags & TIMER_ABSTIME ? epoch_ns + now() : 0);
  if (ns > 0) rest(ns);
  if (left) *left = (struct timespec){0, 0};
  return 0;
}

int select(int count, fd_set *in, fd_set *out, fd_set *error, struct timeval *limit) {
  static int (*real)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
  open_clock();
  if (!real) real = real_dlsym(RTLD_NEXT, "select");
  if (count > 0 || !limit) return real(count, in, out, error, limit);
  rest(limit->tv_sec * SECOND + limit->tv_usec * 1000LL);
  return 0;
}

int poll(struct pollfd *files, nfds_t count, int limit_ms) {
  static int (*real)(struct pollfd *, nfds_t, int);
  open_clock();
  if (!real) real = real_dlsym(RTLD_NEXT, "poll");
  if (count > 0 || limit_ms < 0) return real(files, count, limit_ms);
  rest(limit_ms * 1000000LL);
  return 0;
}

/* Deadlines of waits are given in the game's time; they become as long a wait in real time. */
static struct timespec real_deadline(clockid_t clock, const struct timespec *deadline) {
  int64_t left = nanoseconds(deadline) - epoch_ns - now();
  return timespec_of(real_now(clock) + (left > 0 ? left : 0));
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline) {
  static int (*real)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
  open_clock();
  if (!real) real = real_dlsym(RTLD_NEXT, "pthread_cond_clockwait");
  struct timespec at = real_deadline(CLOCK_MONOTONIC, deadline);
  return real(condition, mutex, CLOCK_MONOTONIC, &at);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline) {
  (void)clock;
  return pthread_cond_timedwait(condition, mutex, deadline);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *deadline) {
  static int (*real)(sem_t *, const struct timespec *);
  open_clock();
  if (!real) real = real_dlsym(RTLD_NEXT, "sem_timedwait");
  struct timespec at = real_deadline(CLOCK_REALTIME, deadline);
  return real(semaphore, &at);
}

#include "swap_capture.h"
