/// Which numbers of a tensor are kept at random: a function of seed, tensor, model and place alone, so that it depends
/// on no order of work.
///
/// The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) read at
/// a counter: the state of place i is `key + (i + 1) × 0x9E3779B97F4A7C15`, mixed by its finalizer. The upper 53 bits, as
/// a share of 1, are compared with the density. The key is the seed, mixed with FNV-1a of the tensor's name and with
/// the model's place among the models.
package struct RandomKeep: Sendable {
    private let key: UInt64
    private let density: Double

    package init(seed: UInt64, tensor: String, model: Int, density: Double) {
        let name = tensor.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        key = Self.mixed(Self.mixed(seed &+ Self.step) ^ name &+ UInt64(model + 1) &* Self.step)
        self.density = density
    }

    /// Whether the number at a place is kept.
    package func keeps(_ place: Int) -> Bool {
        let bits = Self.mixed(key &+ UInt64(place + 1) &* Self.step) >> 11
        return Double(bits) * 0x1p-53 < density
    }

    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mixed(_ state: UInt64) -> UInt64 {
        var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
