import Architectures
import Catalog
import Numbers
import Tensors

/// Where tensors stand in a model, found once for all names that differ in their numbers only.
struct DiffPlaces {
    private let family: ModelFamily?
    private var known: [String: (part: TensorPart, layerAt: Int?)] = [:]

    init(family: ModelFamily?) { self.family = family }

    /// The part that a tensor plays, and its layer.
    mutating func place(of entry: DiffEntry) -> (part: TensorPart, layer: Int?) {
        var pattern: [UInt8] = []
        var numbers: [Int] = []
        Self.split(entry.name, &pattern, &numbers)
        // The count of dimensions decides where a name says nothing.
        pattern.append(UInt8(truncatingIfNeeded: entry.shape.utf8.count { $0 == UInt8(ascii: ",") }))
        let key = String(decoding: pattern, as: UTF8.self)
        if let place = known[key] { return (place.part, place.layerAt.flatMap { numbers[$0] }) }
        let place = TensorPlace(name: entry.name, dimensions: entry.dimensions, family: family)
        let layerAt = layerAt(entry, numbers.count)
        if layerAt.map({ numbers[$0] }) == place.layer { known[key] = (place.part, layerAt) }
        return (place.part, place.layer)
    }

    /// Which of the name's numbers is the layer's: found by a name whose numbers all differ.
    private func layerAt(_ entry: DiffEntry, _ count: Int) -> Int? {
        var next = 0
        let name = entry.name.split(separator: ".", omittingEmptySubsequences: false).map { part -> String in
            guard Self.isNumber(part) else { return String(part) }
            next += 1
            return String(next - 1)
        }.joined(separator: ".")
        let place = TensorPlace(name: name, dimensions: entry.dimensions, family: family).layer
        return place.flatMap { $0 < count ? $0 : nil }
    }

    private static func isNumber(_ part: Substring) -> Bool {
        !part.isEmpty && part.utf8.count <= 9 && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The name with each part of digits alone replaced by `*`, and their values.
    static func split(_ name: String, _ pattern: inout [UInt8], _ numbers: inout [Int]) {
        var value = 0
        var digits = 0
        var isNumber = true
        func end(_ pattern: inout [UInt8], _ numbers: inout [Int]) {
            guard isNumber, digits > 0, digits <= 9 else { return }
            pattern.removeLast(digits)
            pattern.append(UInt8(ascii: "*"))
            numbers.append(value)
        }
        for byte in name.utf8 {
            if byte == UInt8(ascii: ".") {
                end(&pattern, &numbers)
                (value, digits, isNumber) = (0, 0, true)
            } else if (0x30...0x39).contains(byte) {
                value = digits < 9 ? 10 * value + Int(byte - 0x30) : value
                digits += 1
            } else {
                isNumber = false
            }
            pattern.append(byte)
        }
        end(&pattern, &numbers)
    }
}

/// Counts pairs and lone tensors by layer and part, and lists those that are asked for.
struct DiffTally {
    private(set) var counts = DiffReport.Counts()
    private(set) var tensors: [DiffReport.Tensor] = []
    /// Over pairs that were measured and are not equal.
    private(set) var sums = DifferenceSums()
    private var places: DiffPlaces
    private let listsAll: Bool

    private struct Key: Hashable {
        let layer: Int
        let part: TensorPart
    }

    private struct Heap {
        var counts = DiffReport.Counts()
        var sums = DifferenceSums()
        var isMeasured = false
    }

    private var heaps: [Key: Heap] = [:]

    init(family: ModelFamily?, listsAll: Bool) {
        places = DiffPlaces(family: family)
        self.listsAll = listsAll
    }

    mutating func add(_ pair: DiffPair) {
        let place = places.place(of: pair.first)
        count(pair.status, place, pair.finding)
        guard listsAll || pair.status != .identical else { return }
        var tensor = DiffReport.Tensor(pair.first, pair.status, place)
        tensor.otherName = pair.second.ownName == pair.first.ownName ? nil : pair.second.ownName
        tensor.secondType = pair.second.type
        tensor.secondShape = pair.second.dimensions
        tensor.commonRows = pair.commonRows
        tensor.note = pair.note
        if let finding = pair.finding { tensor.take(finding, shape: pair.first.dimensions) }
        tensors.append(tensor)
    }

    /// Adds a pair of the same bytes that is not listed.
    mutating func add(identical entry: DiffEntry) { count(.identical, places.place(of: entry), nil) }

    /// Adds a tensor that only one artifact has.
    mutating func add(_ entry: DiffEntry, only status: DiffReport.Status) {
        let place = places.place(of: entry)
        count(status, place, nil)
        var tensor = DiffReport.Tensor(entry, status, place)
        if status == .added {
            (tensor.secondType, tensor.firstType) = (tensor.firstType, nil)
            (tensor.secondShape, tensor.firstShape) = (tensor.firstShape, nil)
        }
        tensors.append(tensor)
    }

    private mutating func count(
        _ status: DiffReport.Status, _ place: (part: TensorPart, layer: Int?), _ finding: TensorComparison.Finding?
    ) {
        counts[status] += 1
        let key = Key(layer: place.layer ?? -1, part: place.part)
        heaps[key, default: Heap()].counts[status] += 1
        guard let finding, status != .equal, finding.sums.elementCount > 0 else { return }
        sums += finding.sums
        heaps[key, default: Heap()].sums += finding.sums
        heaps[key, default: Heap()].isMeasured = true
    }

    /// The groups in the order of a model.
    var groups: [DiffReport.Group] {
        let order = Dictionary(TensorPart.allCases.enumerated().map { ($1, $0) }) { first, _ in first }
        return Dictionary(grouping: heaps) { $0.key.layer }.sorted { $0.key < $1.key }.map { layer, members in
            let sorted = members.sorted { order[$0.key.part, default: 0] < order[$1.key.part, default: 0] }
            return DiffReport.Group(
                layer: layer < 0 ? nil : layer,
                cells: sorted.map { key, heap in
                    DiffReport.Cell(
                        part: key.part.rawValue, tensors: heap.counts.total, counts: heap.counts,
                        relRmse: heap.isMeasured ? heap.sums.relativeRMSE : nil)
                })
        }
    }

    /// The farthest apart first; those without a measure behind, by name.
    var sortedTensors: [DiffReport.Tensor] {
        tensors.sorted { one, other in
            let (left, right) = (one.relRmse ?? -1, other.relRmse ?? -1)
            return left == right ? one.name.utf8.lexicographicallyPrecedes(other.name.utf8) : left > right
        }
    }
}

extension DiffReport.Tensor {
    fileprivate init(_ entry: DiffEntry, _ status: DiffReport.Status, _ place: (part: TensorPart, layer: Int?)) {
        self.init(
            name: entry.ownName, status: status, layer: place.layer, part: place.part.rawValue, firstType: entry.type,
            firstShape: entry.dimensions)
    }

    fileprivate mutating func take(_ finding: TensorComparison.Finding, shape: [Int]) {
        let sums = finding.sums
        elements = sums.elementCount
        differentElements = sums.differentCount + sums.unlikeCount
        nonfiniteElements = sums.specialCount
        nonfiniteDifferent = sums.unlikeCount
        relRmse = sums.relativeRMSE
        cosine = sums.cosine
        maximumDifference = sums.greatest
        castTo = finding.castTo?.rawValue
        guard sums.greatest > 0 else { return }
        var rest = sums.greatestPlace
        maximumAt = shape.reversed().map { dimension in
            defer { rest /= max(1, dimension) }
            return rest % max(1, dimension)
        }.reversed()
    }
}
