/// One conversion that is measured.
struct QuantizeRow: Hashable {
    let scheme: String
    let isBest: Bool
    let threads: Int

    /// What is measured when nothing else is asked for.
    static let usual = [
        "q4_0", "q8_0", "q4_k_m", "nf4-dq", "affine4", "nf4+best", "q4_0+best", "affine4+best", "q4_k_m+best",
    ]

    /// - Parameter text: a scheme, with `+best` behind for that encoder.
    init(_ text: String, threads: Int) {
        isBest = text.hasSuffix("+best")
        scheme = isBest ? String(text.dropLast("+best".count)) : text
        self.threads = threads
    }

    var title: String { "\(scheme)\(isBest ? " best" : ""), \(threads == 1 ? "1 thread" : "\(threads) threads")" }

    /// The program that makes the same scheme, as its reference encoder does.
    var peer: Peer? {
        guard !isBest else { return nil }
        return switch scheme {
        case "q4_0", "q8_0", "q4_k_m": .llama
        case "nf4-dq": .bitsandbytes
        case "affine4": .mlx
        default: nil
        }
    }
}
