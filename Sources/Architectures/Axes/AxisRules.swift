import Bytes

/// The section `axes` of a family's file: what a cut must know beside the tensors' sizes.
struct AxisRules: Sendable {
    /// Tensors that GGUF does not carry, by their names in checkpoints, with what their dimensions are made of.
    let tensors: [String: [String]]
    /// Whether a head's size is the hidden size divided by the heads, so that no config.json can say another.
    let fixesHeadSize: Bool
    /// Whether transformers refuses a hidden size that is no multiple of the heads, whatever their size.
    let needsMultipleOfHeads: Bool
    /// Whether the model multiplies embeddings by the square root of the hidden size.
    let scalesEmbedding: Bool
    /// Whether the family is one that is cut.
    let isKnown: Bool

    /// - Parameter value: nil for a family without the section.
    init(parsing value: JSONValue?) throws(FormatError) {
        isKnown = value != nil
        let fields = try FamilyFields(value ?? .object(JSONObject()), knows: ["head", "scaled_embedding", "tensors"])
        let head = try fields.optionalText("head")
        guard [nil, "hidden/heads", "hidden%heads"].contains(head) else {
            throw FamilyFields.fault("'head' is hidden/heads or hidden%heads")
        }
        fixesHeadSize = head == "hidden/heads"
        needsMultipleOfHeads = head == "hidden%heads"
        scalesEmbedding = fields["scaled_embedding"] == .bool(true)
        let list = try fields.list("tensors") { value throws(FormatError) in
            let fields = try FamilyFields(value, knows: ["name", "shape"])
            return (try fields.text("name"), try fields.texts("shape"))
        }
        tensors = Dictionary(list) { first, _ in first }
    }
}

/// A size as the families' files write it, taken apart: `heads*head+2*kv_heads*head` is three segments.
struct AxisExpression {
    let text: String

    /// - Parameters:
    ///   - values: the sizes of the axes by their names, and `head`.
    ///   - actual: the tensor's own size, which `any` stands for.
    func segments(_ values: [String: Int], actual: Int) -> [AxisSegment]? {
        if text == "any" { return [AxisSegment(nil, count: actual, unit: 1)] }
        var segments: [AxisSegment] = []
        for term in text.split(separator: "+") {
            var repeats = 1, unit = 1
            var axis: (ModelAxis?, Int)?
            for word in term.split(separator: "*").map(String.init) {
                if let number = Int(word) {
                    if axis == nil { repeats *= number } else { unit *= number }
                } else if let known = ModelAxis(rawValue: word), let count = values[word], axis == nil {
                    axis = (known, count)
                } else if let value = values[word] {
                    if axis == nil { axis = (nil, value) } else { unit *= value }
                } else {
                    return nil
                }
            }
            let (name, count) = axis ?? (nil, repeats)
            let segment = AxisSegment(name, count: count, unit: unit)
            segments += Array(repeating: segment, count: axis == nil ? 1 : repeats)
        }
        return segments
    }
}
