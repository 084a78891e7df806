import Bytes

/// The tensors at hand, found by the names that a convention knows them by.
struct SourceTensors {
    struct Entry {
        let name: String
        let shape: [Int]
        var isUsed = false
    }

    private var places: [NumberedName: Int] = [:]
    private(set) var entries: [Entry] = []
    private var names: [NumberedName] = []

    /// - Parameters:
    ///   - tensors: names and sizes.
    ///   - usual: the name that the convention has for a tensor's.
    init(
        _ tensors: [(name: String, shape: [Int])], usual: (String) -> NumberedName
    ) throws(FormatError) {
        for (name, shape) in tensors {
            let usual = usual(name)
            if let place = places[usual] {
                throw FormatError(
                    .corrupt, "it is the same tensor as '\(entries[place].name)'", tensor: name,
                    remedy: "Keep one of them in the checkpoint")
            }
            places[usual] = entries.count
            names.append(usual)
            entries.append(Entry(name: name, shape: shape))
        }
    }

    func contains(_ pattern: String, _ numbers: [Int]) -> Bool {
        places[NumberedName(pattern: pattern, numbers: numbers)] != nil
    }

    /// The sizes of a tensor that is there.
    func shape(of pattern: String, _ numbers: [Int]) -> [Int]? {
        places[NumberedName(pattern: pattern, numbers: numbers)].map { entries[$0].shape }
    }

    /// The name at hand of a tensor, which counts as used from now on.
    mutating func use(_ pattern: String, _ numbers: [Int]) -> Entry? {
        guard let place = places[NumberedName(pattern: pattern, numbers: numbers)] else { return nil }
        entries[place].isUsed = true
        return entries[place]
    }

    /// The tensors that nothing used, with their usual names.
    var unused: [(name: String, usual: NumberedName)] {
        entries.indices.filter { !entries[$0].isUsed }.map { (entries[$0].name, names[$0]) }
    }
}
