/// What one direction of a chart measures: its title, its scale, and how its ticks are written.
package struct Axis: Equatable, Sendable {
    /// How values become distances.
    package enum Scale: Equatable, Sendable {
        case linear
        /// Values that are not above 0 have no place on it.
        case logarithmic
    }

    /// How a tick is written.
    package enum Unit: Equatable, Sendable {
        /// `0.05`, `2,000`, `150k`.
        case plain
        /// `12 MB`: decimal units.
        case bytes
        /// `35%`, of a value 0.35.
        case percent
    }

    package var title: String
    package var scale: Scale
    package var unit: Unit
    /// Where the axis begins and ends; nil takes it from the data, with a margin.
    package var limits: ClosedRange<Double>?

    package init(
        _ title: String, scale: Scale = .linear, unit: Unit = .plain, limits: ClosedRange<Double>? = nil
    ) {
        self.title = title
        self.scale = scale
        self.unit = unit
        self.limits = limits
    }

    /// Whether `value` has a place on an axis of this scale. Beyond 1e300 sums of two would not be finite.
    func places(_ value: Double) -> Bool {
        guard value.isFinite, abs(value) < 1e300 else { return false }
        return scale == .linear || value > 1e-300
    }

    /// The values from which to which the axis goes, so that `values` are on it.
    /// - Parameter margin: the share of the values' range that is added at both ends.
    func range(of values: some Sequence<Double>, margin: Double) -> ClosedRange<Double> {
        var low = Double.infinity
        var high = -Double.infinity
        for value in values where places(value) {
            low = min(low, value)
            high = max(high, value)
        }
        if let limits, places(limits.lowerBound), places(limits.upperBound), limits.lowerBound < limits.upperBound {
            return limits
        }
        guard low <= high else { return scale == .linear ? 0...1 : 1...10 }
        return scale == .linear ? linearRange(low, high, margin) : logarithmicRange(low, high, margin)
    }

    private func linearRange(_ low: Double, _ high: Double, _ margin: Double) -> ClosedRange<Double> {
        let span = high - low
        // Less than this is rounding: an axis of it would show nothing but noise, and have equal labels.
        guard span > 1e-9 * max(abs(low), abs(high)), span > 1e-290 else {
            let room = high == 0 ? 1 : abs(high) * 0.1
            return (low - room)...(high + room)
        }
        // Values that cannot be below 0 and begin near it are shown from 0 on, without room below.
        let start = low >= 0 && low - margin * span < 0 ? 0 : low - margin * span
        return min(start, low)...(high + margin * span)
    }

    private func logarithmicRange(_ low: Double, _ high: Double, _ margin: Double) -> ClosedRange<Double> {
        guard high > low * 1.000001 else { return (low / 2)...(high * 2) }
        let room = Logarithm.raised(high / low, to: margin)
        return (low / room)...(high * room)
    }
}
