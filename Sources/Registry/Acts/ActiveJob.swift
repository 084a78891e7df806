import Blobs
import Bytes
import Catalog

/// An act in progress that writes: its row in the catalog, its folder in `incoming/`, and its way into the store.
struct ActiveJob: Sendable {
    let number: Int64
    let area: StagingArea
    let publisher: Publisher
}

extension ModelRegistry {
    /// Runs `body` as a job. When it fails or is cancelled, what it wrote goes and the home is as it was; when the
    /// process dies, the job's row explains what it left, until the same act takes it over or a week has passed.
    ///
    /// - Parameters:
    ///   - subject: what it works on; equal for the same work.
    ///   - forecastByteCount: what the store will gain, as far as is known; more than the home's limit allows is refused
    ///     at once.
    ///   - body: ends by inserting an artifact, which ends the job.
    func withJob<Result>(
        _ verb: String, subject: String, forecastByteCount: Int = 0, _ body: (ActiveJob) async throws -> Result
    ) async throws -> Result {
        try await CatalogDatabase.$act.withValue(Self.inWords(verb, subject)) {
            try await doJob(verb, subject: subject, forecastByteCount, body)
        }
    }

    /// An act as others see it that wait for it; long digests are cut.
    private static func inWords(_ verb: String, _ subject: String) -> String {
        let words = subject.split(separator: " ").map { Digest(hex: String($0)) == nil ? $0 : $0.prefix(12) }
        return ([verb[...]] + words).joined(separator: " ")
    }

    private func doJob<Result>(
        _ verb: String, subject: String, _ forecastByteCount: Int, _ body: (ActiveJob) async throws -> Result
    ) async throws -> Result {
        try sweep()
        try refuseOverQuota(forecastByteCount)
        let number = try catalog.beginJob(verb, subject: subject)
        let catalog = catalog
        var area: StagingArea?
        let outcome: Swift.Result<Result, any Error>
        do {
            _ = try catalog.adoptPins(for: number)
            let staging = try stagingArea(ofJob: number)
            area = staging
            let publisher = Publisher(store: store, check: try quotaCheck(), replace: replaceCoded) {
                try catalog.pin($0, for: number)
            }
            outcome = .success(try await body(ActiveJob(number: number, area: staging, publisher: publisher)))
        } catch { outcome = .failure(error) }
        // What cannot be tidied is explained by the job's row and goes with a later act; the act's own outcome is what
        // the user must learn. One step that fails keeps none of the others from being done.
        try? area?.discard()
        if case .failure = outcome { _ = try? catalog.finishJob(number, as: .failed) }
        _ = try? removeForgottenBlobs()
        // A card that waits is read by the next act.
        _ = try? readCards()
        return try outcome.get()
    }

    /// The area of a killed job that did the same work, else a new one.
    private func stagingArea(ofJob number: Int64) throws -> StagingArea {
        for other in try catalog.interruptedJobs(likeJob: number) {
            if let area = try StagingArea(adopting: "job-\(other)", as: "job-\(number)", in: store) { return area }
        }
        return try StagingArea(in: store, name: "job-\(number)")
    }

    /// Clears away what dead processes left: half-written files at once, finished blobs after a week.
    func sweep() throws {
        try tidyAbandonedCoding()
        let unfinished = Set(try catalog.unfinishedJobs().map { "job-\($0)" })
        try StagingArea.sweep(store) { unfinished.contains($0) }
        try catalog.expireJobs()
        try removeForgottenBlobs()
    }

    /// Unlinks the files of blobs that nothing names any more.
    /// - Returns: how many there were.
    @discardableResult
    func removeForgottenBlobs() throws -> Int {
        let store = store
        return try catalog.sweepRemovals { try store.remove($0) }
    }
}
