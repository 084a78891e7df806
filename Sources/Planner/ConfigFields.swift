import Bytes

/// The fields of a config.json, read strictly: a size that is there must be a whole number that makes sense.
struct ConfigFields: Sendable {
    private let config: JSONValue

    /// More than any dimension of a model, and little enough that products of two fit 64 bits.
    static let greatestCount = 1 << 31

    init(_ config: JSONValue) { self.config = config }

    /// More than the layers, heads or experts of any model.
    static let greatestRepetition = 1 << 16

    /// A size that must be there.
    func count(_ field: String) throws(PlanError) -> Int {
        guard let value = try optionalCount(field) else {
            throw PlanError("config.json has no '\(field)'", remedy: "Add it; the formulas of the family need it")
        }
        return value
    }

    /// A size that may be missing, or null.
    func optionalCount(_ field: String) throws(PlanError) -> Int? {
        guard let value = config[field], value != .null else { return nil }
        let greatest = Self.repetitions.contains(field) ? Self.greatestRepetition : Self.greatestCount
        guard let number = value.intValue, number > 0, number <= greatest else {
            throw PlanError(
                "config.json's '\(field)' is \(Self.shown(value)), and must be a whole number from 1 to \(greatest)",
                remedy: "Correct it")
        }
        return number
    }

    /// `head_dim`, else the hidden size shared among the heads.
    func headSize(
        hidden: Int, heads: Int, _ hiddenField: String, _ headField: String
    ) throws(PlanError) -> Int {
        if let size = try optionalCount("head_dim") { return size }
        guard hidden.isMultiple(of: heads) else {
            throw PlanError(
                "\(headField) (\(heads)) does not divide \(hiddenField) (\(hidden)), and there is no head_dim",
                remedy: "Correct config.json, or add head_dim")
        }
        return hidden / heads
    }

    func flag(_ field: String) -> Bool? { config[field]?.boolValue }

    func texts(_ field: String) -> [String] { config[field]?.arrayValue?.compactMap(\.stringValue) ?? [] }

    func numbers(_ field: String) -> [Int] { config[field]?.arrayValue?.compactMap(\.intValue) ?? [] }

    private static let repetitions: Set = [
        "num_hidden_layers", "n_layer", "n_layers", "num_attention_heads", "n_head", "n_heads", "num_key_value_heads",
        "num_experts", "num_local_experts", "num_experts_per_tok",
    ]

    private static func shown(_ value: JSONValue) -> String { String(value.text(.compact).prefix(40)) }
}
