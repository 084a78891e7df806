import ArgumentParser
import Registry

/// A span of time as people write it: `90s`, `30m`, `12h`, `7d`, `4w`.
struct DurationArgument: ExpressibleByArgument, Equatable {
    let seconds: Int

    init?(argument: String) {
        guard let span = TimeSpan(argument) else { return nil }
        seconds = span.seconds
    }
}
