import Catalog
import Measurements

/// A result, and what was measured of the parent in the same way.
struct MeasuredPair {
    let series: ResultSeries
    /// The newest that compares; nil when there is none.
    let parentSeries: ResultSeries?

    var result: ResultDraft { series.result }
    var parent: ResultDraft? { parentSeries?.result }

    /// The newest result of each kind, by task and metric, beside the parent's newest of the same kind.
    static func pairs(_ results: [ResultRecord], beside parents: [ResultRecord]) -> [Self] {
        let parents = ResultSeries.newest(of: parents.map(\.result))
        return ResultSeries.newest(of: results.map(\.result)).map { series in
            let partner = parents.last { other in
                other.result.task == series.result.task && other.result.metric == series.result.metric
                    && series.differences(from: other).isEmpty
            }
            return Self(series: series, parentSeries: partner)
        }
    }

    /// The result less the parent's; nil without one, and where one is no number.
    var difference: Double? {
        guard let parent, result.value.isFinite, parent.value.isFinite else { return nil }
        return result.value - parent.value
    }

    /// `better`, `worse` or `no difference`; nil where it is not known which direction is better.
    var finding: String? {
        guard let parent, let parentSeries, difference != nil else { return nil }
        let direction = result.higherIsBetter ?? parent.higherIsBetter
        let difference = ResultDifference(
            result.value, against: parent.value, higherIsBetter: direction ?? true,
            errors: (series.standardError, parentSeries.standardError))
        return direction != nil || difference.isNone ? difference.finding : nil
    }
}

extension ResultDraft {
    /// The value as a person reads it, with its unit.
    var figure: String {
        let number = value.isFinite ? Figures.real(value) : value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞"
        return number + (unit.map { " " + $0 } ?? "")
    }
}
