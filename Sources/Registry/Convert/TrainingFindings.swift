import Catalog
import Formats
import Transforms

extension TrainingGrid {
    /// What the catalog says of a checkpoint that was trained for a grid begins with this.
    private static let prefix = "trained for "

    /// What a checkpoint was trained for, as the catalog says it; nil for others.
    init?(of facts: ModelFacts) {
        guard let text = facts.quantization, text.hasPrefix(Self.prefix),
            let grid = try? TrainingGrid(parsing: String(text.dropFirst(Self.prefix.count)))
        else { return nil }
        self = grid
    }

    /// How the catalog says it.
    var fact: String { Self.prefix + text }
}

extension ConversionTarget {
    /// Whether the scheme, or the one that a mixture is named after, holds a grid.
    func holds(_ grid: TrainingGrid) -> Bool { grid.holders.contains { $0.id == id } }
}

/// What becomes of a training for whole numbers in a conversion.
struct TrainingFindings: Sendable {
    /// What the source was trained for; nil when nothing is known of it.
    private let known: TrainingGrid?
    private let used: TrainingGrid?
    private let target: ConversionTarget
    private var heldCount = 0
    private var lost: [(tensor: String, scheme: String)] = []

    init(of facts: ModelFacts, _ settings: QuantizeSettings) {
        known = TrainingGrid(of: facts)
        used = settings.trainingGrid
        target = settings.target
    }

    /// Takes note of a tensor that is quantized.
    mutating func note(_ tensor: String, _ scheme: TensorScheme, isHeld: Bool) {
        if isHeld { heldCount += 1 } else { lost.append((tensor, scheme.id)) }
    }

    var notes: [String] {
        guard let used else {
            guard let known else { return [] }
            if target.holds(known) {
                return ["it was trained for \(known.text), which is not heeded: its codes are others"]
            }
            return [
                "it was trained for \(known.text), and \(target.id) throws that training away: its codes are others"
                    + Self.advice(known)
            ]
        }
        var notes: [String] = []
        if heldCount > 0 {
            let tensors = heldCount == 1 ? "1 tensor" : "\(heldCount) tensors"
            notes.append("\(tensors) got the codes and scales of the training for \(used.text)")
        }
        if let first = lost.first {
            let more = lost.count == 1 ? "" : " and \(lost.count - 1) more"
            notes.append(
                "\(first.scheme) does not hold \(used.text), so that the training is thrown away in \(first.tensor)\(more)"
            )
        }
        return notes
    }

    private static func advice(_ grid: TrainingGrid) -> String {
        var families: Set<TensorScheme.Family> = []
        let holders = grid.holders.filter { families.insert($0.family).inserted }.map(\.id)
        return holders.isEmpty ? "" : "; \(holders.joined(separator: ", ")) would keep it"
    }
}
