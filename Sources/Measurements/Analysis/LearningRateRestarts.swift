/// Steps at which a learning rate that had fallen was raised again, such as by a cosine schedule with warm restarts
/// (Loshchilov and Hutter, "SGDR", 2017). A loss that rises there does what is expected.
enum LearningRateRestarts {
    /// A rate counts as fallen at half of its height, and as raised at one and a half of where it fell to. Schedules
    /// restart from near 0 to near their full height, and steps of a decaying schedule never rise.
    static func steps(_ points: [RunValues.Point]) -> [Int64] {
        let rate = Curve(points, isHigherBetter: false)
        var restarts: [Int64] = []
        var (highest, lowest) = (0.0, 0.0)
        for (step, value) in zip(rate.steps, rate.values) {
            if lowest <= highest / 2, value >= max(1.5 * lowest, 0.05 * highest), highest > 0 {
                restarts.append(step)
                (highest, lowest) = (value, value)
            } else if value >= highest {
                (highest, lowest) = (value, value)
            } else {
                lowest = min(lowest, value)
            }
        }
        return restarts
    }
}
