import Bytes
import Catalog
import Foundation
import Measurements

extension ModelRegistry {
    /// The runs that pass a filter.
    public func runs(_ filter: RunsFilter = RunsFilter()) throws -> [RunRow] {
        try catalog.runs(try self.filter(filter)).map(RunRow.init)
    }

    /// Everything that the catalog tells of one run, but its values.
    public func run(named name: String) throws -> RunDetail {
        let record = try catalog.run(named: name)
        return RunDetail(
            run: RunRow(record),
            parameters: try catalog.parameters(ofRun: record.id).map { .init(name: $0.name, value: $0.value) },
            metrics: try catalog.metrics(ofRun: record.id).map(RunMetricRow.init),
            checkpoints: try catalog.checkpoints(ofRun: record.id).map(CheckpointRow.init),
            sources: try catalog.sources(ofRun: record.id).map {
                .init(path: $0.path, digest: $0.digest?.hex, lastStep: $0.lastStep.map { Int($0) })
            })
    }

    /// Says that a run wrote an artifact, at a step.
    public func linkRun(_ run: String, to artifact: String, step: Int? = nil) throws -> RunLinkReport {
        let record = try catalog.run(named: run)
        let digest = try self.artifact(named: artifact).digest
        try catalog.link(record.id, to: digest, step: step.map { Int64($0) })
        return RunLinkReport(
            outcome: "linked", run: record.name, artifact: try catalog.label(of: digest), digest: digest.hex, step: step
        )
    }

    /// Takes back what `linkRun` said.
    public func unlinkRun(_ run: String, from artifact: String) throws -> RunLinkReport {
        let record = try catalog.run(named: run)
        let digest = try self.artifact(named: artifact).digest
        guard try catalog.unlink(record.id, from: digest) else {
            throw RegistryError(
                "nobody linked \(artifact) to the run '\(record.name)'",
                remedy: "See its checkpoints with 'ingot runs show'; those known by the log go with the log")
        }
        return RunLinkReport(
            outcome: "unlinked", run: record.name, artifact: try catalog.label(of: digest), digest: digest.hex,
            step: nil)
    }

    /// Forgets runs with all their values; logs and artifacts stay.
    public func removeRuns(_ names: [String]) throws -> RunsRemoveReport {
        let records = try names.map { try catalog.run(named: $0) }
        try catalog.forgetRuns(records.map(\.id))
        return RunsRemoveReport(removed: records.map(\.name), values: records.reduce(0) { $0 + $1.valueCount })
    }

    /// The runs that wrote an artifact.
    func runs(writing artifact: Digest) throws -> [CheckpointRow] {
        try catalog.runs(writing: artifact).map(CheckpointRow.init)
    }

    /// What to try when a filter lets no run pass.
    public func remedyForNoRuns(_ filter: RunsFilter) throws -> String {
        let known = try catalog.runVocabulary()
        guard !known.metrics.isEmpty else { return "no runs yet; 'ingot runs import PATH' reads training logs" }
        func list(_ names: [String]) -> String {
            names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
        }
        if let metric = filter.metric, !known.metrics.contains(metric) {
            return "no run has the metric '\(metric)'; there are \(list(known.metrics))"
        }
        if let experiment = filter.experiment, !known.experiments.contains(experiment) {
            return "no experiment is called '\(experiment)'; there are \(list(known.experiments))"
        }
        let parameters = known.parameters.isEmpty ? "" : "; parameters are \(list(known.parameters))"
        return "no run passes the filters; metrics are \(list(known.metrics))\(parameters)"
    }

    private func filter(_ asked: RunsFilter) throws -> RunFilter {
        var filter = RunFilter()
        filter.text = asked.text
        filter.experiment = asked.experiment
        filter.metric = asked.metric
        filter.limit = asked.limit
        let parameters = asked.conditions.isEmpty ? [] : Set(try catalog.runVocabulary().parameters)
        filter.conditions = try asked.conditions.map { try RunFilter.Condition(parsing: $0, parameters: parameters) }
        let order = asked.order ?? (asked.metric == nil ? .imported : .metric)
        filter.order =
            switch order {
            case .imported: .imported
            case .name: .name
            case .started: .started
            case .steps: .lastStep
            case .metric: .metric
            }
        guard order != .metric || asked.metric != nil else {
            throw RegistryError("there is no metric to sort by", remedy: "Name one with --metric")
        }
        let isBetterHigh = order == .metric && asked.metric.flatMap(MetricDirection.isHigherBetter) == true
        filter.isDescending = isBetterHigh != asked.isReversed
        return filter
    }
}

extension RunFilter.Condition {
    /// `lr=0.001`, `metrics.loss<2`, `params.optimizer!=sgd`; a bare name is a parameter where a run has it.
    init(parsing text: String, parameters: Set<String>) throws {
        let relations = RunFilter.Relation.allCases
        let place = text.firstIndex { "=<>!".contains($0) }
        guard let place, let relation = relations.first(where: { text[place...].hasPrefix($0.rawValue) }),
            place > text.startIndex
        else {
            throw RegistryError(
                "'\(text)' is no condition", remedy: "Write a name, one of = != < <= > >=, and a value: 'lr=0.001'")
        }
        let name = text[..<place].trimmingCharacters(in: .whitespaces)
        let value = text[text.index(place, offsetBy: relation.rawValue.count)...].trimmingCharacters(in: .whitespaces)
        guard !value.isEmpty else {
            throw RegistryError(
                "the condition '\(text)' has no value after '\(relation.rawValue)'",
                remedy: "Write a value behind it, such as '\(name)\(relation.rawValue)0.001'")
        }
        let subject: RunFilter.Subject
        if name.hasPrefix("params.") {
            subject = .parameter(String(name.dropFirst("params.".count)))
        } else if name.hasPrefix("metrics.") {
            subject = .metric(String(name.dropFirst("metrics.".count)))
        } else {
            subject = parameters.contains(name) ? .parameter(name) : .metric(name)
        }
        if case .metric = subject, NumberText.number(value) == nil {
            throw RegistryError(
                "'\(value)' is no number, and no run has a parameter '\(name)'",
                remedy: "See parameters with 'ingot runs show RUN'")
        }
        self.init(subject, relation, value)
    }
}

extension RunRow {
    init(_ record: RunRecord) {
        self.init(
            run: record.name, kind: record.kind.rawValue, experiment: record.experiment, state: record.state?.rawValue,
            startedAt: record.startedAt.flatMap(Self.time),
            seconds: record.duration.map { Double($0) / 1000 },
            metrics: record.metricCount, values: record.valueCount, lastStep: record.lastStep.map { Int($0) },
            importedAt: record.importedAt.text, sourcePath: record.sourcePath,
            metric: record.metric.map(RunMetricRow.init))
    }

    private static func time(_ milliseconds: Int64) -> String? {
        guard (0..<253_402_300_800_000).contains(milliseconds) else { return nil }
        return Timestamp(secondsSince1970: Int(milliseconds / 1000)).text
    }
}

extension RunMetricRow {
    init(_ record: MetricRecord) {
        let isFinite = record.last.isFinite
        self.init(
            metric: record.name, last: isFinite ? record.last : nil, lastText: isFinite ? nil : "\(record.last)",
            minimum: record.minimum, maximum: record.maximum, best: record.best,
            bestStep: record.bestStep.map { Int($0) },
            firstStep: Int(record.firstStep), lastStep: Int(record.lastStep), values: record.valueCount,
            nonfinite: record.nonfiniteCount, higherIsBetter: record.isHigherBetter)
    }
}

extension CheckpointRow {
    init(_ record: RunCheckpoint) {
        self.init(
            run: record.run, artifact: record.artifact, digest: record.digest.hex, step: record.step.map { Int($0) },
            knownBy: record.isLinked ? "linked" : "log")
    }
}
