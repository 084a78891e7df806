package import Bytes

/// The whole numbers that a checkpoint's matrices were trained for: while it was trained, each weight was rounded to the
/// nearest number of its group's grid. What is stored are the weights before that rounding.
///
/// In words, `int4 symmetric group 32`: bits, symmetry, which weights of a row share a scale, and where it is not the
/// usual one, the scale (`absmax/7.5`).
package struct TrainingGrid: Hashable, Sendable {
    /// How a group's scale follows from its weights.
    package enum Scale: Hashable, Sendable {
        /// The greatest magnitude by the greatest code, 2^(bits - 1) - 1: `absmax/7` of 4 bits.
        case innerReach
        /// By half of the codes' range: `absmax/7.5`, as compressed-tensors and torchao have it.
        case halfRange
        /// By the magnitude of the least code: `absmax/8`.
        case outerReach
        /// From the least weight to the greatest, zero included, with a zero point that is a code.
        case zeroPoint
    }

    /// The weights that share a scale.
    package enum Sharing: Hashable, Sendable {
        /// So many neighbors of a row.
        case group(Int)
        /// A row: an output of the matrix.
        case channel
        /// The whole matrix.
        case tensor
    }

    package let bits: Int
    package let scale: Scale
    package let sharing: Sharing

    static let manner = "Write bits, symmetry and group, as in 'int4 symmetric group 32', 'int8 symmetric channel'"

    /// Reads words with blanks or commas between them.
    /// - Throws: `FormatError` that says what is missing or unknown.
    package init(parsing text: String) throws(FormatError) {
        var words = Words(text)
        while let word = words.next() { try words.take(word) }
        self = try words.grid()
    }

    init(bits: Int, scale: Scale, sharing: Sharing) {
        self.bits = bits
        self.scale = scale
        self.sharing = sharing
    }

    /// As recipes and the catalog spell it.
    package var text: String {
        var words = ["int\(bits)", scale == .zeroPoint ? "asymmetric" : "symmetric"]
        switch sharing {
        case .group(let count): words.append("group \(count)")
        case .channel: words.append("channel")
        case .tensor: words.append("tensor")
        }
        if scale == .halfRange || scale == .outerReach { words.append("absmax/\(Self.text(divisor))") }
        return words.joined(separator: " ")
    }

    /// What the greatest magnitude is divided by.
    var divisor: Double { Self.divisor(scale, bits) }

    private static func divisor(_ scale: Scale, _ bits: Int) -> Double {
        switch scale {
        case .innerReach: Double(1 << (bits - 1) - 1)
        case .halfRange: Double(1 << bits - 1) / 2
        case .outerReach: Double(1 << (bits - 1))
        case .zeroPoint: Double(1 << bits - 1)
        }
    }

    private static func text(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? "\(number)"
    }

    /// The words of a grid as they are read.
    private struct Words {
        private let text: String
        private var rest: ArraySlice<String>
        private var bits: Int?
        private var isSymmetric: Bool?
        private var sharing: Sharing?
        private var divisor: Double?

        init(_ text: String) {
            self.text = text
            rest = text.lowercased().split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)[...]
        }

        mutating func next() -> String? { rest.popFirst() }

        private func fault(_ problem: String) -> FormatError {
            FormatError(.refused, "the training grid '\(text.shortened)': \(problem)", remedy: TrainingGrid.manner)
        }

        mutating func take(_ word: String) throws(FormatError) {
            switch word {
            case "symmetric", "sym": try set(&isSymmetric, true, word)
            case "asymmetric", "asym": try set(&isSymmetric, false, word)
            case "channel", "row": try set(&sharing, .channel, word)
            case "tensor": try set(&sharing, .tensor, word)
            case "group":
                guard let count = next().flatMap({ Int($0) }) else { throw fault("'group' needs a number behind it") }
                try setGroup(count)
            default:
                if word.hasPrefix("int"), let count = Int(word.dropFirst(3)) {
                    try set(&bits, count, word)
                } else if word.hasPrefix("absmax/"), let number = Double(word.dropFirst(7)) {
                    try set(&divisor, number, word)
                } else {
                    throw fault("'\(word.shortened)' is not known")
                }
            }
        }

        private mutating func setGroup(_ count: Int) throws(FormatError) {
            guard (2...1 << 16).contains(count) else { throw fault("groups have 2 to 65536 weights, not \(count)") }
            try set(&sharing, .group(count), "group")
        }

        private func set<Value>(_ place: inout Value?, _ value: Value, _ word: String) throws(FormatError) {
            guard place == nil else { throw fault("'\(word)' is one word too many") }
            place = value
        }

        func grid() throws(FormatError) -> TrainingGrid {
            guard let bits else { throw fault("it does not say how many bits a code has") }
            guard (2...8).contains(bits) else { throw fault("codes have 2 to 8 bits, not \(bits)") }
            guard let isSymmetric else { throw fault("it does not say whether it is symmetric or asymmetric") }
            guard let sharing else { throw fault("it does not say which weights share a scale") }
            return TrainingGrid(bits: bits, scale: try scale(bits, isSymmetric), sharing: sharing)
        }

        private func scale(_ bits: Int, _ isSymmetric: Bool) throws(FormatError) -> Scale {
            guard let divisor else { return isSymmetric ? .innerReach : .zeroPoint }
            let known: [Scale] = [.innerReach, .halfRange, .outerReach]
            guard isSymmetric else { throw fault("the scale of asymmetric grids is not by the greatest magnitude") }
            guard let scale = known.first(where: { TrainingGrid.divisor($0, bits) == divisor }) else {
                let choices = known.map { "absmax/\(TrainingGrid.text(TrainingGrid.divisor($0, bits)))" }
                throw fault("the scale is one of \(choices.joined(separator: ", "))")
            }
            return scale
        }
    }
}

extension TrainingGrid {
    /// What its codes stand for, as layouts are compared by it.
    var codeGrid: CodeGrid {
        let size: Int? = if case .group(let count) = sharing { count } else { nil }
        return CodeGrid(
            bits: bits, meaning: .zeroPoint(scale == .zeroPoint ? CodeGrid.all(bits) : CodeGrid.middle(bits)),
            groupSize: size, scaleDtype: nil)
    }

    /// Whether a layout holds every matrix of this grid.
    /// - Parameter columns: the inputs of the matrix.
    package func isHeld(by scheme: TensorScheme, columns: Int) -> Bool {
        guard let target = scheme.codeGrid else { return false }
        let own = codeGrid
        return own.obstacle(to: target, columns: columns) == nil && !own.dependsOnNumbers(to: target)
    }

    /// The layouts that hold it, those of all families.
    package var holders: [TensorScheme] { TensorScheme.made.filter { isHeld(by: $0, columns: Self.usualColumns) } }

    /// Inputs that all usual groups divide.
    private static let usualColumns = 1 << 16
}
