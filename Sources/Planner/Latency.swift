/// Lower bounds of the time of inference, by what memory and arithmetic units can do at best.
///
/// What an engine reaches of them is a measurement of engine, version, device and shape; one figure for all would be wrong
/// by a factor of ten.
package struct Latency: Equatable, Sendable {
    /// Bytes per second.
    package let bandwidth: Double
    /// Operations per second; nil when they are not known.
    package let peak: Double?

    package init(bandwidth: Double, peak: Double? = nil) throws(PlanError) {
        self.bandwidth = try PlanError.positive(bandwidth, "bandwidth")
        self.peak = try peak.map { value throws(PlanError) in try PlanError.positive(value, "peak operations") }
    }

    /// One step of decoding.
    /// - Parameters:
    ///   - weightByteCount: bytes of the matrices that are read.
    ///   - cacheByteCount: bytes of the caches of all sequences.
    ///   - operations: of the whole batch.
    package func decode(weightByteCount: Double, cacheByteCount: Double, operations: Double) -> NumberFigure {
        let memory = (weightByteCount + cacheByteCount) / bandwidth
        guard let peak else {
            return NumberFigure(memory, "s", .estimate, "≥ (weights read + cache read)/bandwidth")
        }
        return NumberFigure(
            max(memory, operations / peak), "s", .estimate, "≥ max((weights + cache)/bandwidth, FLOP/peak)")
    }

    /// A prompt.
    package func prefill(operations: Double, byteCount: Double) -> NumberFigure {
        let memory = byteCount / bandwidth
        guard let peak else { return NumberFigure(memory, "s", .estimate, "≥ bytes/bandwidth") }
        return NumberFigure(max(operations / peak, memory), "s", .estimate, "≥ max(FLOP/peak, bytes/bandwidth)")
    }

    /// The batch from which decoding is bound by arithmetic.
    package func turningBatch(bytesPerWeight: Double) -> NumberFigure? {
        peak.map {
            NumberFigure(
                $0 * bytesPerWeight / (2 * bandwidth), "sequences", .estimate, "peak·bytes/(2·bandwidth)")
        }
    }
}
