/// Counts in sentences.
enum Counted {
    /// `1 tensor`, `2 tensors`.
    static func text(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// `1 tensor lies`, `2 tensors lie`: a verb whose third person ends in an `s`.
    static func text(_ count: Int, _ noun: String, verb: String) -> String {
        "\(text(count, noun)) \(verb)\(count == 1 ? "s" : "")"
    }
}
