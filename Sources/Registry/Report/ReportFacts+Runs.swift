import Bytes
import Catalog
import Charts
import Measurements

extension ReportFacts {
    /// A run that wrote the artifact, or one that it was made from.
    struct Run {
        let name: String
        /// What it wrote.
        let artifact: String
        let step: Int64?
        /// What its loss does; nil where no metric is one.
        let analysis: RunAnalysisReport?
        let chart: LineChart?
        /// Why there is neither.
        let problem: String?
    }
}

extension ModelRegistry {
    /// More runs would make a report of them.
    private static let greatestRunCount = 4

    /// The runs that wrote an artifact or its ancestors, nearest first, each once.
    func reportRuns(of digest: Digest) throws -> [ReportFacts.Run] {
        let ancestors = try catalog.lineage(of: digest, .ancestors).map(\.record.parent)
        var seen: Set<Int64> = []
        var runs: [ReportFacts.Run] = []
        for artifact in [digest] + ancestors {
            for checkpoint in try catalog.runs(writing: artifact) where seen.insert(checkpoint.runID).inserted {
                guard runs.count < Self.greatestRunCount else { return runs }
                runs.append(try run(checkpoint))
            }
        }
        return runs
    }

    private func run(_ checkpoint: RunCheckpoint) throws -> ReportFacts.Run {
        var analysis: RunAnalysisReport?
        var chart: LineChart?
        var problem: String?
        do {
            analysis = try analyzeRun(named: checkpoint.run)
            chart = RunPanels([try plottedRun(named: checkpoint.run)]).chart
        } catch let error as RegistryError { problem = error.description }
        return ReportFacts.Run(
            name: checkpoint.run, artifact: checkpoint.artifact, step: checkpoint.step, analysis: analysis,
            chart: chart,
            problem: problem)
    }
}
