#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Seconds that an act took: of the clock on the wall, and of processors (user and system, all threads).
struct Elapsed {
    var wall = 0.0
    var processor = 0.0

    /// Runs `act` and measures this process.
    static func of(_ act: () throws -> Void) rethrows -> Elapsed {
        let wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID)
        try act()
        return Elapsed(
            wall: seconds(CLOCK_MONOTONIC) - wall, processor: seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
    }

    /// Runs `act` and measures this process.
    static func of(_ act: () async throws -> Void) async rethrows -> Elapsed {
        let wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID)
        try await act()
        return Elapsed(
            wall: seconds(CLOCK_MONOTONIC) - wall, processor: seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        // The call fills the structure that it is given.
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
