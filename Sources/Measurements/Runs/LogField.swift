/// What a column or member of a training log is.
package enum LogField: Equatable, Sendable {
    case metric(Int32)
    case step
    case time
    /// A metric that tells the seconds since the run began.
    case elapsed(Int32)
    case ignored

    /// Names of the optimizer's step, best first, as Trainer, Lightning, TRL, wandb and scripts call it.
    static let stepNames = [
        "step", "global_step", "_step", "trainer/global_step", "steps", "iteration", "iter", "train/global_step",
    ]
    static let epochName = "epoch"
    /// Names of the moment at which a record was written.
    static let timeNames: Set = ["time", "timestamp", "_timestamp", "wall_time", "datetime", "created_at", "ts"]

    /// Names of the seconds since the run began, as wandb (`_runtime`), Stable-Baselines and scripts call them.
    static let elapsedNames: Set = [
        "time_s", "elapsed", "elapsed_s", "elapsed_sec", "elapsed_seconds", "elapsed_time", "time_elapsed",
        "time/time_elapsed", "_runtime", "relative_time",
    ]

    /// A whole number of steps; nil for anything else.
    static func step(_ value: Double) -> Int64? { Int64(exactly: value) }

    /// Milliseconds since 1970 from seconds or milliseconds since then; nil for a number that is no such moment, such
    /// as seconds since the run began.
    package static func milliseconds(_ value: Double) -> Int64? {
        switch value {
        case 1e8..<1e11: Int64((value * 1000).rounded())  // seconds, 1973 to 5138
        case 1e11..<1e14: Int64(value.rounded())
        default: nil
        }
    }

    /// What stands for the seconds since the run began among times; `RunValues.noTime` for what are none.
    static func elapsed(_ seconds: Double) -> Int64 {
        guard (0..<1e10).contains(seconds) else { return RunValues.noTime }
        return RunValues.elapsed(milliseconds: Int64((seconds * 1000).rounded()))
    }
}

/// Follows the seconds since a run began. Where they fall they are something else, such as the seconds of each epoch, or
/// the program began anew: from there on nothing is told.
struct ElapsedSeconds: Sendable {
    private var last = 0.0

    /// What stands for the time; `RunValues.noTime` for none.
    mutating func take(_ seconds: Double) -> Int64 {
        guard seconds >= last else {
            last = .infinity
            return RunValues.noTime
        }
        last = seconds
        return LogField.elapsed(seconds)
    }
}
