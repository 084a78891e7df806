import Bytes
import Catalog
import Measurements

extension ModelRegistry {
    /// Whether an artifact's results are as good as another's, within limits.
    ///
    /// Of several results that were measured in one way, the newest counts. Two are only compared when they were
    /// measured alike; where a metric was not measured alike on both, the check fails and says why.
    /// - Throws: `RegistryError` when a limit makes no sense, or neither artifact has a result of the metric.
    public func checkResults(_ request: ResultsCheckRequest) throws -> ResultsCheckReport {
        let (own, other) = (try artifact(named: request.name).digest, try artifact(named: request.against).digest)
        guard own != other else {
            throw RegistryError(
                "'\(request.name)' and '\(request.against)' are the same bytes", remedy: "Name two artifacts")
        }
        let labels = (own: try catalog.label(of: own), other: try catalog.label(of: other))
        var check = ResultsCheck(
            request: request, labels: labels, own: try catalog.results(of: own).map(\.result),
            other: try catalog.results(of: other).map(\.result))
        for limit in request.limits { try check.apply(limit) }
        return ResultsCheckReport(
            name: labels.own, digest: own.hex, against: labels.other, againstDigest: other.hex,
            passed: check.rows.allSatisfy(\.passed), rows: check.rows, notes: check.notes)
    }
}

/// A check that is going on.
struct ResultsCheck {
    typealias Row = ResultsCheckReport.Row
    typealias Limit = ResultsCheckRequest.Limit

    let request: ResultsCheckRequest
    let labels: (own: String, other: String)
    let own: [ResultDraft]
    let other: [ResultDraft]
    private(set) var rows: [Row] = []
    private(set) var notes: [String] = []

    init(
        request: ResultsCheckRequest, labels: (own: String, other: String), own: [ResultDraft], other: [ResultDraft]
    ) {
        self.request = request
        self.labels = labels
        self.own = own
        self.other = other
    }

    /// Compares all tasks with the limit's metric.
    mutating func apply(_ limit: Limit) throws {
        guard limit.amount.isFinite, limit.amount >= 0 else {
            throw RegistryError(
                "the limit of '\(limit.metric)' is \(limit.amount)", remedy: "Give a number from 0 on")
        }
        let (mine, others) = (series(own, limit.metric), series(other, limit.metric))
        let tasks = Set((mine + others).map { $0.result.task ?? "" }).sorted()
        let wanted = request.tasks.isEmpty && tasks.isEmpty ? [""] : request.tasks
        let unmeasured = wanted.filter { !tasks.contains($0) }
        for task in unmeasured {
            let place = task.isEmpty ? "" : " on task '\(task)'"
            rows.append(
                failure(
                    task, limit, "missing",
                    "neither \(labels.own) nor \(labels.other) has a result of '\(limit.metric)'\(place): "
                        + "import their files with 'ingot results import FILE --for NAME'"))
        }
        for task in tasks {
            try compare(
                task, limit, mine.filter { $0.result.task ?? "" == task },
                others.filter { $0.result.task ?? "" == task })
        }
    }

    private func series(_ results: [ResultDraft], _ metric: String) -> [ResultSeries] {
        ResultSeries.newest(
            of: results.filter { result in
                result.metric == metric && (request.tasks.isEmpty || request.tasks.contains(result.task ?? ""))
            })
    }

    private mutating func compare(
        _ task: String, _ limit: Limit, _ mine: [ResultSeries], _ others: [ResultSeries]
    ) throws {
        guard let newest = mine.last, let othersNewest = others.last else {
            let name = mine.isEmpty ? labels.own : labels.other
            return rows.append(
                failure(
                    task, limit, "missing",
                    "\(name) has no result of it: measure it, and 'ingot results import FILE --for \(name)'"))
        }
        var unpaired: [ResultSeries] = []
        let before = rows.count
        for series in mine {
            guard let partner = others.last(where: { series.differences(from: $0).isEmpty }) else {
                unpaired.append(series)
                continue
            }
            rows.append(try row(series, partner, limit))
        }
        if rows.count == before {
            let nearest = others.min { newest.differences(from: $0).count < newest.differences(from: $1).count }
            rows.append(incomparable(task, limit, newest, nearest ?? othersNewest))
        } else if !unpaired.isEmpty {
            let what = [task, limit.metric].filter { !$0.isEmpty }.joined(separator: " ")
            let settings = unpaired.map { $0.setting ?? "other settings" }
            notes.append(
                "\(what): \(labels.other) has nothing measured like \(labels.own)'s \(settings.joined(separator: "; "))"
            )
        }
    }

    // MARK: Rows

    private func incomparable(_ task: String, _ limit: Limit, _ mine: ResultSeries, _ other: ResultSeries) -> Row {
        let differences = mine.differences(from: other).joined(separator: ", ")
        var row = failure(
            task, limit, "not comparable",
            "measured otherwise (\(differences)): measure \(labels.own) and \(labels.other) in the same way")
        row.tool = mine.result.tool
        row.setting = mine.setting
        row.value = mine.result.value.isFinite ? mine.result.value : nil
        row.againstValue = other.result.value.isFinite ? other.result.value : nil
        return row
    }

    private func failure(_ task: String, _ limit: Limit, _ finding: String, _ reason: String) -> Row {
        Row(
            task: task.isEmpty ? nil : task, metric: limit.metric, finding: finding, passed: false, reason: reason)
    }

    private mutating func row(_ mine: ResultSeries, _ other: ResultSeries, _ limit: Limit) throws -> Row {
        let (value, otherValue) = (mine.result.value, other.result.value)
        var row = Row(
            task: mine.result.task, metric: limit.metric, tool: mine.result.tool, setting: mine.setting,
            value: value.isFinite ? value : nil, againstValue: otherValue.isFinite ? otherValue : nil,
            finding: "not comparable", passed: false)
        guard value.isFinite, otherValue.isFinite else {
            row.reason = "\(value.isFinite ? labels.other : labels.own) has no finite value: measure it again"
            return row
        }
        let difference = ResultDifference(
            value, against: otherValue, higherIsBetter: try isHigherBetter(mine, other),
            errors: (mine.standardError, other.standardError))
        let allowed = self.allowed(limit, mine, otherValue)
        row.drop = difference.drop
        row.allowed = allowed
        row.stderr = difference.standardError
        row.dropLow = difference.interval?.lowerBound
        row.dropHigh = difference.interval?.upperBound
        row.z = difference.z
        row.p = difference.p
        row.finding = difference.finding
        row.passed = difference.drop <= allowed || (!request.isStrict && difference.isNone)
        row.reason = reason(difference, allowed, passed: row.passed)
        return row
    }

    private func reason(_ difference: ResultDifference, _ allowed: Double, passed: Bool) -> String? {
        guard difference.drop > allowed else { return nil }
        if passed { return "beyond the limit, but that may be chance: measure more samples, or use --strict" }
        return difference.isNone ? "beyond the limit, though that may be chance" : "beyond the limit"
    }

    private func isHigherBetter(_ mine: ResultSeries, _ other: ResultSeries) throws -> Bool {
        let metric = mine.result.metric
        if request.lowerIsBetter.contains(metric) { return false }
        if request.higherIsBetter.contains(metric) { return true }
        let told = mine.result.higherIsBetter ?? other.result.higherIsBetter
        if let known = told ?? MetricDirection.isHigherBetter(metric) { return known }
        throw RegistryError(
            "nothing tells whether more or less of '\(metric)' is better",
            remedy: "Give --higher-is-better \(metric) or --lower-is-better \(metric)")
    }

    /// The limit in the metric's unit.
    private mutating func allowed(_ limit: Limit, _ mine: ResultSeries, _ otherValue: Double) -> Double {
        let values = [mine.result.value, otherValue]
        let isShare =
            mine.result.unit == nil && values.allSatisfy((0...1).contains)
            && MetricDirection.isHigherBetter(limit.metric) != false
        switch limit.unit {
        case .percent: return limit.amount / 100 * abs(otherValue)
        case .points: return mine.result.unit == "%" ? limit.amount : limit.amount / 100
        case .own:
            // A whole share could never drop by more: points are meant.
            guard isShare, limit.amount >= 0.1 else { return limit.amount }
            if limit.amount >= 1 { return limit.amount / 100 }
            let note =
                "\(limit.metric) is a share from 0 to 1: a limit of \(limit.amount) allows "
                + "\(Int((limit.amount * 100).rounded())) points; write \(limit.amount)pp for points of a hundred"
            if !notes.contains(note) { notes.append(note) }
            return limit.amount
        }
    }
}
