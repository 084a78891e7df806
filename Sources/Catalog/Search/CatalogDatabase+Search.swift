import Bytes
import GRDB

/// What a search found.
package struct SearchAnswer: Sendable {
    /// An artifact under one of its names.
    package struct Row: Sendable {
        package let summary: ArtifactSummary
        /// Why it is here, when not by its name: the column, and the text around the word.
        package let reason: (column: SearchColumn, excerpt: String)?
    }

    /// Found by name first, in the order of names, then best first.
    package let rows: [Row]
    /// How many artifacts each word alone finds.
    package let counts: [(word: String, artifactCount: Int)]
    /// Names that come near, when nothing was found.
    package let nearNames: [String]
}

extension CatalogDatabase {
    /// Artifacts that have all words of `text`: each in the name, anywhere in it, or at the start of a word of their
    /// facts, notes, model cards or tensor names.
    /// - Parameter isSized: whether bytes on disk are added up, which looks at every blob of every artifact.
    /// - Throws: `CatalogError` `badName` for more words than can be asked at once.
    package func search(_ text: String, sized isSized: Bool = true) throws -> SearchAnswer {
        let words = try SearchWord.words(of: text)
        return try read { database in
            let summaries = try Self.listed(database, sized: isSized)
            let search = ArtifactSearch(database: database, words: words)
            let hits = try words.map { try search.hits(of: $0) }
            let rows = Self.ranked(summaries, words, hits)
            let counts = zip(words, hits).map { word, hits in
                let found = summaries.filter { $0.isNamed(by: word) || hits[$0.artifact.digest] != nil }
                return (word.text, Set(found.map(\.artifact.digest)).count)
            }
            return SearchAnswer(
                rows: try rows.enumerated().map { place, row in
                    try search.row(row.summary, row.hit, explained: place < ArtifactSearch.greatestExcerptCount)
                }, counts: counts,
                nearNames: rows.isEmpty
                    ? Suggestions.nearest(to: text, among: summaries.flatMap { [$0.label, $0.name ?? $0.label] }) : [])
        }
    }

    private typealias Found = (summary: ArtifactSummary, hit: (word: SearchWord, hit: ArtifactSearch.Hit)?)

    private static func ranked(
        _ summaries: [ArtifactSummary], _ words: [SearchWord], _ hits: [[Digest: ArtifactSearch.Hit]]
    ) -> [Found] {
        var named: [Found] = []
        var others: [(rank: Double, place: Int, found: Found)] = []
        for (place, summary) in summaries.enumerated() {
            var rank = 0.0
            var first: (SearchWord, ArtifactSearch.Hit)?
            let isFound = zip(words, hits).allSatisfy { word, hits in
                if summary.isNamed(by: word) { return true }
                guard let hit = hits[summary.artifact.digest] else { return false }
                rank += hit.rank
                first = first ?? (word, hit)
                return true
            }
            guard isFound else { continue }
            if let first {
                others.append((rank, place, (summary, first)))
            } else {
                named.append((summary, nil))
            }
        }
        return named + others.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map(\.found)
    }
}

extension ArtifactSummary {
    fileprivate func isNamed(by word: SearchWord) -> Bool {
        guard let name else { return false }
        return word.isIn(name: tag.map { "\(name):\($0)" } ?? name)
    }
}

/// Asks `artifact_search`, inside a transaction of its caller.
private struct ArtifactSearch {
    let database: Database
    let words: [SearchWord]

    /// Where a word was found, and how well it fits: less is better.
    struct Hit {
        let row: Int64
        let column: SearchColumn
        var rank: Double
    }

    /// Further rows do not tell the text around the word, whose card would have to be read for it.
    static let greatestExcerptCount = 100
    /// In words; facts stand beside each other without any sense between them.
    private static func excerptLength(_ column: SearchColumn) -> Int { column == .about ? 4 : 12 }

    /// Where a word was found, but for names; of several columns the one that says most.
    func hits(of word: SearchWord) throws -> [Digest: Hit] {
        var hits: [Digest: Hit] = [:]
        for column in [SearchColumn.about, .note, .tensor, .card] {
            guard let expression = word.expression(in: column) else { continue }
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT rowid AS row, digest, bm25(artifact_search, \(SearchColumn.weights)) AS fit
                        FROM artifact_search WHERE artifact_search MATCH ?
                        """), arguments: [expression])
            while let row = try rows.next() {
                let (id, digest) = (try row.decode(Int64.self, forColumn: "row"), try row.digest("digest"))
                if column == .tensor, word.hasTensorNumber, try !hasTensor(word, in: id) { continue }
                let fit = try row.decode(Double.self, forColumn: "fit")
                hits[digest, default: Hit(row: id, column: column, rank: 0)].rank += fit
            }
        }
        return hits
    }

    private func hasTensor(_ word: SearchWord, in artifact: Int64) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM tensor
                        WHERE artifact_id = ?1 AND instr(lower(coalesce(logical_name, name)), lower(?2)) > 0)
                    """), arguments: [artifact, word.text]) ?? false
    }

    func row(
        _ summary: ArtifactSummary, _ found: (word: SearchWord, hit: Hit)?, explained: Bool
    ) throws -> SearchAnswer.Row {
        let excerpt = try found.flatMap { explained ? try self.excerpt(of: $0.word, $0.hit) : "" }
        return SearchAnswer.Row(summary: summary, reason: found.map { ($0.hit.column, excerpt ?? "") })
    }

    private func excerpt(of word: SearchWord, _ hit: Hit) throws -> String? {
        if hit.column == .tensor {
            return try String.fetchOne(
                database.cachedStatement(sql: "SELECT tensor FROM artifact_search WHERE rowid = ?"),
                arguments: [hit.row]
            ).flatMap(word.line)
        }
        let text = try String.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT snippet(
                        artifact_search, \(hit.column.rawValue), '', '', '…', \(Self.excerptLength(hit.column)))
                    FROM artifact_search WHERE artifact_search MATCH ? AND rowid = ?
                    """), arguments: [word.expression(in: hit.column), hit.row])
        return text.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }
}
