import Architectures
import Bytes
import Catalog

extension CardDraft {
    init(_ card: ModelCard) {
        self.init(
            pipeline: card.pipeline, library: card.library, languages: card.languages, tags: card.tags,
            datasets: card.datasets, text: card.text)
    }
}

extension ModelRegistry {
    /// How many cards one act reads beside its own work.
    private static let cardsAtOnce = 256
    /// No more of a card is read.
    private static let longestCard = 1 << 20

    /// Reads the model cards that the search does not know yet: of artifacts that an older version registered, that came
    /// out of manifests, or whose card is no copy of a known one.
    /// - Returns: how many there were.
    @discardableResult func readCards() throws -> Int {
        let unread = try catalog.artifactsWithUnreadCards(atMost: Self.cardsAtOnce)
        guard !unread.isEmpty else { return 0 }
        try catalog.note(unread.map { (digest: $0, card: card(in: $0)) })
        return unread.count
    }

    /// What an artifact's card says; nil when its bytes are not there or cannot be read, which others report.
    private func card(in digest: Digest) -> CardDraft? {
        do {
            let cards = try files(of: digest).filter { $0.role == "card" }
            guard let file = cards.min(by: { $0.path.utf8.count < $1.path.utf8.count }) else { return nil }
            let byteCount = min(file.byteCount, Self.longestCard)
            var bytes = [UInt8](repeating: 0, count: byteCount)
            try StoredFileReader(store: store).read(byteCount, at: 0, of: file, into: &bytes)
            return CardDraft(ModelCard(parsing: bytes))
        } catch { return nil }
    }
}
