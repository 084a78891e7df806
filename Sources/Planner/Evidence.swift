/// How far a figure can be believed: what was checked about the formula behind it.
package enum Evidence: String, CaseIterable, Comparable, Sendable {
    /// An identity that follows from shapes or from a file format: true to the byte.
    case exact
    /// The formula was compared with what an allocator or a clock reported.
    case measured
    /// A paper, manual or source file states the formula.
    case published
    /// A model of behavior that varies with the program.
    case estimate

    /// The mark that stands behind a figure in tables.
    package var mark: String {
        switch self {
        case .exact: "[X]"
        case .measured: "[M]"
        case .published: "[P]"
        case .estimate: "[E]"
        }
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether the left one is the better evidence.
    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// A count of bytes, with what is known about it.
package struct ByteFigure: Equatable, Sendable {
    package var byteCount: Int
    package var evidence: Evidence
    /// How it was computed, in the symbols of docs/planning.md.
    package var formula: String

    package init(_ byteCount: Int, _ evidence: Evidence, _ formula: String) {
        self.byteCount = byteCount
        self.evidence = evidence
        self.formula = formula
    }

    /// - Throws: `PlanError` when the count does not fit 64 bits.
    package init(_ count: Count, _ evidence: Evidence, _ formula: String) throws(PlanError) {
        self.init(try count.value(of: formula), evidence, formula)
    }

    /// The sum, which is worth as much as its weakest part.
    package static func sum(_ figures: [Self], _ formula: String) throws(PlanError) -> Self {
        let bytes = figures.reduce(Count(0)) { $0 + Count($1.byteCount) }
        return try Self(bytes, figures.map(\.evidence).max() ?? .exact, formula)
    }
}

/// A number that counts no bytes, with what is known about it.
package struct NumberFigure: Equatable, Sendable {
    package var value: Double
    /// What is counted: `FLOP/token`, `s`, `elements`.
    package var unit: String
    package var evidence: Evidence
    package var formula: String

    package init(_ value: Double, _ unit: String, _ evidence: Evidence, _ formula: String) {
        self.value = value
        self.unit = unit
        self.evidence = evidence
        self.formula = formula
    }
}
