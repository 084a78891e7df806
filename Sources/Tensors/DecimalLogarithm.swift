#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The logarithm to base 10, by the system's mathematical library.
func decimalLogarithm(_ value: Double) -> Double { log10(value) }
