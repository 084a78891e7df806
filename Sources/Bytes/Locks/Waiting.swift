/// How long an act waits for other processes that use the same catalog, and who is told.
package struct Waiting: Sendable {
    /// When it gives up with `CatalogError` `busy`.
    package var patience: Duration
    /// Gets a sentence once a wait has lasted for two seconds, and again when someone else is in the way.
    package var tell: (@Sendable (String) -> Void)?

    package init(patience: Duration = .seconds(600), tell: (@Sendable (String) -> Void)? = nil) {
        self.patience = patience
        self.tell = tell
    }

    /// A wait that is shorter is not worth a word.
    package static let silence = Duration.seconds(2)
    /// How long a cancelled act waits on, to tidy up after itself.
    package static let patienceWhenCancelled = Duration.seconds(1)
}
