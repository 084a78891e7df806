// What the fuzz targets need besides Swift: libFuzzer's entry point, and counts of memory and time.
#pragma once

#include <stddef.h>
#include <stdint.h>

// libFuzzer's main loop; source: compiler-rt/lib/fuzzer/FuzzerDriver.cpp.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run_one)(const uint8_t *data, size_t size));

// Starts counting the bytes on the heap; once, before anything is measured.
void fuzz_memory_install(void);
// Forgets the peak: from here on it is counted anew.
void fuzz_memory_restart(void);
// The most bytes that were on the heap at once since the restart, beyond those that were there then.
size_t fuzz_memory_peak(void);

// The CPU time of this thread, in seconds.
double fuzz_thread_seconds(void);
// The CPU time of this process, in seconds.
double fuzz_process_seconds(void);
// The most memory that this process has had, in bytes.
size_t fuzz_peak_resident_bytes(void);

// Writes a line to standard error at once.
void fuzz_say(const char *text);
// Ends the process without calling what is registered for its end.
_Noreturn void fuzz_leave(int status);
// Ends the process in a way that libFuzzer takes for a crash of the input.
_Noreturn void fuzz_fail(void);
