import CKernels

/// A level of instructions that the kernels are compiled for. Every level gives the same bytes.
package enum KernelLevel: String, CaseIterable, Sendable {
    /// What every machine of the architecture runs; on arm64 that includes NEON.
    case portable
    /// AVX2, on x86-64.
    case avx2
    /// AVX-512 F, BW, DQ and VL, on x86-64.
    case avx512

    /// The greatest level that this machine runs.
    package static let best = allCases.last { $0.number <= ingot_best_level() } ?? .portable

    /// Whether this machine runs the level.
    package var isSupported: Bool { number <= Self.best.number }

    /// The level as the C kernels number it.
    var number: Int32 {
        switch self {
        case .portable: Int32(INGOT_PORTABLE)
        case .avx2: Int32(INGOT_AVX2)
        case .avx512: Int32(INGOT_AVX512)
        }
    }
}

/// A level was asked for that this machine does not run.
package struct UnsupportedKernelLevel: Error, Equatable, Sendable, CustomStringConvertible {
    package let level: KernelLevel

    package var description: String {
        let usable = KernelLevel.allCases.filter(\.isSupported).map(\.rawValue).joined(separator: ", ")
        return "this machine has no \(level.rawValue) instructions. Choose one of: \(usable)."
    }
}
