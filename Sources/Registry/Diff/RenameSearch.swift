import Architectures
import Catalog
import Tensors

/// Finds tensors of the first artifact under other names in the second: by their bytes, then by shape and numbers that
/// point in nearly the same direction.
struct RenameSearch {
    let first: [DiffEntry]
    let second: [DiffEntry]

    /// Pairs of the same bytes among what has no partner; of several, in the order of the files.
    func sameBytes(_ matching: DiffMatching) -> [(first: Int, second: Int)] {
        var places: [ListedTensor.Content: [Int]] = [:]
        for place in matching.onlySecond.reversed() {
            guard let content = second[place].content else { continue }
            places[content, default: []].append(place)
        }
        return matching.onlyFirst.compactMap { place in
            guard let content = first[place].content, let found = places[content]?.popLast() else { return nil }
            return (place, found)
        }
    }
}

/// Tensors that may be the same under another name, by what the catalog knows of their numbers.
struct RenameCandidates {
    /// Numbers that are compared before all of two tensors are.
    static let sampleElementCount = 64 << 10
    /// The least cosine, and correlation, of a tensor that was renamed: fine-tuning leaves more, chance far less.
    static let leastCosine = 0.9
    /// Candidates that are looked at for each tensor.
    static let countPerTensor = 4
    /// Candidates that are looked at in all.
    static let greatestCount = 4_096

    /// Places in the two lists.
    private(set) var pairs: [(first: Int, second: Int)] = []
    /// Whether there were more than are looked at.
    private(set) var isCut = false

    /// What a tensor's numbers are like.
    private struct Likeness {
        let place: Int
        let statistics: TensorStatistics?
    }

    /// - Parameters:
    ///   - statistics: those of a place in the first list, and in the second.
    init(
        _ first: [DiffEntry], _ second: [DiffEntry], _ matching: DiffMatching,
        statistics: (first: (Int) -> TensorStatistics?, second: (Int) -> TensorStatistics?)
    ) {
        var others: [String: [Likeness]] = [:]
        for place in matching.onlySecond {
            let likeness = Likeness(place: place, statistics: statistics.second(place))
            others[second[place].shape, default: []].append(likeness)
        }
        for place in matching.onlyFirst {
            guard let candidates = others[first[place].shape] else { continue }
            let own = statistics.first(place)
            let near = Self.nearest(own, candidates)
            guard pairs.count + near.count <= Self.greatestCount else {
                isCut = true
                return
            }
            pairs += near.map { (place, $0) }
        }
    }

    /// The few that are most like `own`, nearest first; one of which nothing is known may be any.
    private static func nearest(_ own: TensorStatistics?, _ candidates: [Likeness]) -> [Int] {
        var nearest: [(distance: Double, place: Int)] = []
        for candidate in candidates {
            guard let distance = distance(own, candidate.statistics) else { continue }
            let rated = (distance: distance, place: candidate.place)
            // Most candidates are farther than those that were found, so that nothing is sorted for them.
            if nearest.count == countPerTensor, let last = nearest.last, last <= rated { continue }
            nearest.insert(rated, at: nearest.firstIndex { rated < $0 } ?? nearest.endIndex)
            if nearest.count > countPerTensor { nearest.removeLast() }
        }
        return nearest.map(\.place)
    }

    /// How unlike the numbers are; nil when they are too much so to point in the same direction.
    private static func distance(_ one: TensorStatistics?, _ other: TensorStatistics?) -> Double? {
        guard let one, let other else { return 1 }
        guard let mean = one.mean, let otherMean = other.mean, let deviation = one.standardDeviation,
            let otherDeviation = other.standardDeviation
        else { return nil }
        let scale = max(deviation, otherDeviation)
        guard scale > 0 else { return mean == otherMean ? 0 : nil }
        let distance = abs(deviation - otherDeviation) / scale + abs(mean - otherMean) / scale
        return distance <= 1 ? distance : nil
    }
}

extension DiffWork {
    /// The pairs of candidates that are renamed: whose samples, and then whose numbers, are alike; each tensor once,
    /// the likest pairs first.
    func renamed(
        _ candidates: RenameCandidates, _ entries: (first: [DiffEntry], second: [DiffEntry])
    ) async throws -> [(first: Int, second: Int, pair: DiffPair)] {
        let sampled = try await WorkQueue.map(candidates.pairs, threadCount: threadCount) { places in
            (places, try likeness(entries.first[places.first], entries.second[places.second])?.likeness ?? 0)
        }
        let likely = sampled.filter { $0.1 >= RenameCandidates.leastCosine }
            .sorted { ($1.1, $0.0.first, $0.0.second) < ($0.1, $1.0.first, $1.0.second) }
        var taken: (first: Set<Int>, second: Set<Int>) = ([], [])
        let chosen = likely.map(\.0).filter { places in
            guard !taken.first.contains(places.first), !taken.second.contains(places.second) else { return false }
            taken.first.insert(places.first)
            taken.second.insert(places.second)
            return true
        }
        return try await WorkQueue.map(chosen, threadCount: threadCount) { places in
            let (one, other) = (entries.first[places.first], entries.second[places.second])
            var pair = DiffPair(one, other, isRenamed: true)
            pair.finding = try likeness(one, other, atMost: .max)?.finding
            return (places.first, places.second, pair)
        }.filter { ($0.2.finding?.sums.likeness ?? 0) >= RenameCandidates.leastCosine }
    }

    /// How alike the first numbers of two tensors are; nil when they cannot be compared.
    private func likeness(
        _ one: DiffEntry, _ other: DiffEntry, atMost limit: Int = RenameCandidates.sampleElementCount
    ) throws -> (likeness: Double, finding: TensorComparison.Finding)? {
        guard let tensor = first.tensor(of: one), let candidate = second.tensor(of: other),
            tensor.mapping.shape == candidate.mapping.shape
        else { return nil }
        let readers = (try first.reader(of: tensor), try second.reader(of: candidate))
        let row = max(readers.0.rowLength, readers.1.rowLength)
        let count = min(readers.0.elementCount, max(row, limit / row * row))
        let finding = try TensorComparison(kernels: first.source.kernels)
            .measure(readers.0, readers.1, elementCount: count)
        return (finding.sums.likeness, finding)
    }
}

extension DifferenceSums {
    /// The lesser of cosine and correlation: vectors of numbers around 1 all point in nearly the same direction.
    fileprivate var likeness: Double {
        guard !isSame else { return 1 }
        return min(cosine ?? 0, correlation ?? 0)
    }
}
