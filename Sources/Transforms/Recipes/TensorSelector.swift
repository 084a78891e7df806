package import Bytes

/// Which tensors a rule speaks of. All conditions that it has must hold.
package struct TensorSelector: Hashable, Sendable {
    /// A tensor's or module's name, in whole or whole parts of it.
    package var name: String?
    /// A regular expression (ICU syntax) that may match anywhere in the name.
    package var pattern: String?
    package var part: RulePart?
    package var layers: LayerRange?
    package var size: SizeBound?

    package init(
        name: String? = nil, pattern: String? = nil, part: RulePart? = nil, layers: LayerRange? = nil,
        size: SizeBound? = nil
    ) {
        self.name = name
        self.pattern = pattern
        self.part = part
        self.layers = layers
        self.size = size
    }

    /// Reads the left side of `--rule`: conditions with commas between them, `role:mlp,layers:0-3`. What has no word in
    /// front is a name; `re:` reaches to the end.
    package init(parsing text: String) throws(FormatError) {
        self.init()
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix("re:") {
                pattern = String(rest.dropFirst("re:".count))
                rest = ""
                break
            }
            let end = rest.firstIndex(of: ",") ?? rest.endIndex
            try add(String(rest[..<end]), of: text)
            rest = end == rest.endIndex ? "" : rest[rest.index(after: end)...]
        }
        guard self != Self(), pattern != "" else {
            throw FormatError(.refused, "the rule '\(text)' names no tensors", remedy: Self.manner)
        }
    }

    static let manner =
        "Write a name, re:EXPRESSION, role:ROLE, layers:FIRST-LAST or size:<COUNT; commas join conditions"

    private mutating func add(_ condition: String, of text: String) throws(FormatError) {
        func once<Value>(_ value: Value?, _ word: String) throws(FormatError) {
            guard value != nil else { return }
            throw FormatError(.refused, "the rule '\(text)' says '\(word)' twice", remedy: "Make two rules of it")
        }
        if let word = condition.firstIndex(of: ":").map({ condition[..<$0] }) {
            let value = String(condition.dropFirst(word.count + 1))
            switch word {
            case "role":
                try once(part, "role")
                part = try RulePart(parsing: value)
            case "layers":
                try once(layers, "layers")
                layers = try LayerRange(parsing: value)
            case "size":
                try once(size, "size")
                size = try SizeBound(parsing: value)
            case "name":
                try once(name, "name")
                name = value
            default:
                throw FormatError(.refused, "'\(word):' is no condition of a rule", remedy: Self.manner)
            }
        } else {
            try once(name, "name")
            name = condition
        }
        guard name != "" else {
            throw FormatError(.refused, "the rule '\(text)' has an empty name", remedy: Self.manner)
        }
    }

    /// As `--rule` takes it.
    package var text: String {
        let conditions: [String?] = [
            name, part.map { "role:\($0.rawValue)" }, layers.map { "layers:\($0.text)" },
            size.map { "size:\($0.text)" }, pattern.map { "re:\($0)" },
        ]
        return conditions.compactMap(\.self).joined(separator: ",")
    }

    /// Whether it names tensors by their name or by the part they play, so that it also means those which are usually
    /// left alone.
    var isPointed: Bool { name != nil || part != nil }

    /// How narrowly it speaks: a whole name before parts of one, before an expression, before the rest; then the more
    /// conditions.
    func rank(isWholeName: Bool) -> (kind: Int, conditions: Int) {
        let kind = name != nil ? (isWholeName ? 3 : 2) : pattern != nil ? 1 : 0
        let conditions = [name != nil, pattern != nil, part != nil, layers != nil, size != nil].count { $0 }
        return (kind, conditions)
    }
}

extension RulePart {
    package init(parsing text: String) throws(FormatError) {
        guard let part = Self(rawValue: text.lowercased()) else {
            throw FormatError(
                .refused, "'\(text.shortened)' is no role",
                remedy: "Choose one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = part
    }
}

/// Some of a model's layers, counted from 0.
package enum LayerRange: Hashable, Sendable {
    case range(ClosedRange<Int>)
    /// From a layer to the last.
    case from(Int)
    /// Those that llama.cpp and mlx-lm give more bits: the first and the last eighth, and every third between.
    case more

    /// Reads `5`, `0-3`, `28-` or `more`.
    package init(parsing text: String) throws(FormatError) {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let fault = FormatError(
            .refused, "'\(text.shortened)' is no range of layers",
            remedy: "Write 5, 0-3, 28- (to the last) or more (the first and last eighth and every third between)")
        if text == "more" {
            self = .more
            return
        }
        guard let first = Self.number(ends[0]) else { throw fault }
        if ends.count == 1 {
            self = .range(first...first)
        } else if ends[1].isEmpty {
            self = .from(first)
        } else {
            guard let last = Self.number(ends[1]), last >= first else { throw fault }
            self = .range(first...last)
        }
    }

    private static func number(_ text: Substring) -> Int? {
        guard text.count <= 6, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    var text: String {
        switch self {
        case .range(let range):
            range.count == 1 ? String(range.lowerBound) : "\(range.lowerBound)-\(range.upperBound)"
        case .from(let first): "\(first)-"
        case .more: "more"
        }
    }

    /// Whether layer `number` of a model of `count` layers is meant.
    func contains(_ number: Int, of count: Int) -> Bool {
        switch self {
        case .range(let range): range.contains(number)
        case .from(let first): number >= first
        case .more: MixtureCounts.hasMoreBits(number, of: count)
        }
    }
}

/// A bound on a tensor's elements.
package struct SizeBound: Hashable, Sendable {
    private enum Relation: String, CaseIterable {
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"
    }

    private let relation: Relation
    private let elementCount: Int
    /// As it was written.
    let text: String

    /// Reads `<1M`, `>=4096`: K, M and G (or B) stand for thousands, millions and thousands of millions.
    package init(parsing text: String) throws(FormatError) {
        let fault = FormatError(
            .refused, "'\(text.shortened)' is no bound on a tensor's elements",
            remedy: "Write <, <=, > or >= and a count: <1M, >=4096")
        guard let relation = Relation.allCases.first(where: { text.hasPrefix($0.rawValue) }) else { throw fault }
        var digits = text.dropFirst(relation.rawValue.count)
        let units: [Character: Int] = ["K": 1000, "M": 1_000_000, "G": 1_000_000_000, "B": 1_000_000_000]
        let unit = digits.last?.uppercased().first.flatMap { units[$0] }
        if unit != nil { digits = digits.dropLast() }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits) else {
            throw fault
        }
        let (product, overflows) = count.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflows else { throw fault }
        self.relation = relation
        elementCount = product
        self.text = text
    }

    func holds(for count: Int) -> Bool {
        switch relation {
        case .atMost: count <= elementCount
        case .atLeast: count >= elementCount
        case .below: count < elementCount
        case .above: count > elementCount
        }
    }
}
