import ArgumentParser

/// A share as people write it: `5%`, `0.5 %`, above 0 and at most 100.
struct ShareArgument: ExpressibleByArgument, Equatable {
    /// Above 0, and at most 1.
    let share: Double

    init?(argument: String) {
        guard argument.hasSuffix("%") else { return nil }
        let digits = argument.dropLast().filter { $0 != " " }
        guard let percent = Double(digits), percent > 0, percent <= 100 else { return nil }
        share = percent / 100
    }
}
