/// The scaling of Llama 3.1: rotary frequencies are divided by a factor, high ones not at all and those between partly.
///
/// GGUF holds no parameters of it but the divisors themselves, as the tensor `rope_freqs.weight`.
struct Llama3: Equatable, Sendable {
    var factor: Double
    /// How often a wave fits in the original context at least, for its frequency to be divided less than wholly.
    var low: Double
    /// The same, for it not to be divided.
    var high: Double
    var originalContext: Double

    /// What each rotary frequency is divided by, as llama.cpp's converter computes it, in float32.
    /// - Parameters:
    ///   - theta: the base of the frequencies.
    ///   - dimensions: the rotary size of a head; there are half as many frequencies.
    func divisors(theta: Double, dimensions: Int) -> [Float] {
        Self.wavelengths(theta: theta, dimensions: dimensions).map { wavelength in
            if Double(wavelength) < originalContext / high { return 1 }
            if Double(wavelength) > originalContext / low { return Float(factor) }
            let smooth = (1 / wavelength * Float(originalContext) - Float(low)) / Float(high - low)
            return 1 / ((1 - smooth) / Float(factor) + smooth)
        }
    }

    private static func wavelengths(theta: Double, dimensions: Int) -> [Float] {
        stride(from: 0, to: dimensions, by: 2).map { place in
            let exponent = Float(place) / Float(dimensions)
            let frequency = 1 / Float(power(Double(Float(theta)), Double(exponent)))
            return 1 / frequency * Float(2 * Double.pi)
        }
    }

    init(factor: Double, low: Double, high: Double, originalContext: Double) {
        self.factor = factor
        self.low = low
        self.high = high
        self.originalContext = originalContext
    }

    /// The parameters that give these divisors; nil when none are found that give exactly them.
    ///
    /// Only ratios show in the divisors, so `low` is taken as 1. Where a divisor lies between 1 and the factor, the
    /// part that is not divided is (original / wavelength - 1) / (high - 1): two such divisors tell the rest.
    init?(divisors: [Float], theta: Double, dimensions: Int) {
        guard let last = divisors.last, last > 1, divisors.count * 2 == dimensions else { return nil }
        let factor = Double(last)
        var between: [(inverse: Double, part: Double)] = []
        for (wavelength, divisor) in zip(Self.wavelengths(theta: theta, dimensions: dimensions), divisors)
        where divisor > 1 && divisor < last {
            let part = (1 / Double(divisor) - 1 / factor) / (1 - 1 / factor)
            between.append((1 / Double(wavelength), part))
        }
        var candidates = Self.common
        if let first = between.first, let last = between.last, between.count > 1 {
            let slope = (first.part - last.part) / (first.inverse - last.inverse)
            let start: Double = first.part - slope * first.inverse
            let high: Double = 1 - 1 / start
            let context: Double = slope * (high - 1)
            candidates.append((high.rounded(), context.rounded()))
            candidates.append((high, context))
        }
        for (high, context) in candidates where high > 1 && context >= 1 && context.isFinite {
            let found = Self(factor: factor, low: 1, high: high, originalContext: context.rounded())
            guard found.divisors(theta: theta, dimensions: dimensions) == divisors else { continue }
            self = found
            return
        }
        return nil
    }

    /// What the published models have: `high_freq_factor` and `original_max_position_embeddings`.
    private static let common: [(high: Double, context: Double)] = [(4, 8192)]
}
