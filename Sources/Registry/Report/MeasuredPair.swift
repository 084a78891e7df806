import Bytes
import Catalog

/// A result, and what was measured of the parent in the same way.
struct MeasuredPair {
    let result: ResultDraft
    /// The newest that compares; nil when there is none.
    let parent: ResultDraft?

    /// What the difference means.
    enum Verdict: String {
        case better, worse, equal
        /// Smaller than what chance explains in 19 of 20 cases.
        case unclear = "no clear difference"
    }

    /// The newest result of each kind, by task and metric, beside the parent's newest of the same kind.
    static func pairs(_ results: [ResultRecord], beside parents: [ResultRecord]) -> [Self] {
        let parents = newest(parents)
        return newest(results).map { result in
            Self(result: result, parent: parents.first { Kind($0) == Kind(result) })
        }
    }

    /// In the order in which the kinds come up; of equal times the later row counts.
    private static func newest(_ records: [ResultRecord]) -> [ResultDraft] {
        var places: [Kind: Int] = [:]
        var found: [ResultDraft] = []
        for result in records.map(\.result) {
            guard let place = places[Kind(result)] else {
                places[Kind(result)] = found.count
                found.append(result)
                continue
            }
            if found[place].measuredAt.text <= result.measuredAt.text { found[place] = result }
        }
        return found
    }

    /// What makes two results comparable.
    private struct Kind: Hashable {
        let task: String?
        let metric: String
        let dataset: String?
        let unit: String?
        let circumstances: [String?]

        init(_ result: ResultDraft) {
            task = result.task
            metric = result.metric
            dataset = result.dataset
            unit = result.unit
            let extra = result.extra.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
            circumstances = ["shots", "filter", "task_version"].map { extra?[$0]?.text() }
        }
    }

    /// The result less the parent's; nil without one, and where one is no number.
    var difference: Double? {
        guard let parent, result.value.isFinite, parent.value.isFinite else { return nil }
        return result.value - parent.value
    }

    /// Nil where it is not known which direction is better.
    var verdict: Verdict? {
        guard let parent, let difference else { return nil }
        if difference == 0 { return .equal }
        if let error = result.standardError, let other = parent.standardError {
            // 1.96 standard errors of the difference of two independent means: a 95 % interval around zero.
            let bound = 1.96 * (error * error + other * other).squareRoot()
            if abs(difference) <= bound { return .unclear }
        }
        return (result.higherIsBetter ?? parent.higherIsBetter).map { $0 == (difference > 0) ? .better : .worse }
    }
}

extension ResultDraft {
    /// The value as a person reads it, with its unit.
    var figure: String {
        let number = value.isFinite ? Figures.real(value) : value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞"
        return number + (unit.map { " " + $0 } ?? "")
    }
}
