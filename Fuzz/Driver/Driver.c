#include "FuzzDriver.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// AddressSanitizer's own interface; source: compiler-rt/include/sanitizer/allocator_interface.h.
int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *, size_t), void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *);

// Bytes as they were asked for: what the sanitizer adds around them is not the reader's.
static atomic_long live;
static atomic_long peak;
static long base;

static void allocated(const volatile void *address, size_t size) {
    (void)address;
    long now = atomic_fetch_add(&live, (long)size) + (long)size;
    long seen = atomic_load(&peak);
    while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now)) {}
}

static void released(const volatile void *address) {
    if (address) atomic_fetch_sub(&live, (long)__sanitizer_get_allocated_size(address));
}

void fuzz_memory_install(void) { __sanitizer_install_malloc_and_free_hooks(allocated, released); }

void fuzz_memory_restart(void) {
    base = atomic_load(&live);
    atomic_store(&peak, base);
}

size_t fuzz_memory_peak(void) {
    long above = atomic_load(&peak) - base;
    return above > 0 ? (size_t)above : 0;
}

static double seconds(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time)) return 0;
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double fuzz_thread_seconds(void) { return seconds(CLOCK_THREAD_CPUTIME_ID); }
double fuzz_process_seconds(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

size_t fuzz_peak_resident_bytes(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage)) return 0;
    return (size_t)usage.ru_maxrss * 1024;
}

void fuzz_say(const char *text) { fprintf(stderr, "%s\n", text); }

_Noreturn void fuzz_leave(int status) {
    fflush(NULL);
    _exit(status);
}

_Noreturn void fuzz_fail(void) { abort(); }
