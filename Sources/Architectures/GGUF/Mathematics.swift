#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The logarithm to base e, by the system's mathematical library.
func naturalLogarithm(_ value: Double) -> Double { log(value) }

/// `base` to the power of `exponent`, by the system's mathematical library.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
