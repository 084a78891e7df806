package import Bytes

extension ImportanceMatrix {
    /// The importance of each column of a GGUF file's tensor, of a stack of matrices one matrix after the other; nil
    /// when the file holds nothing of it.
    /// - Parameters:
    ///   - name: the tensor's GGUF name.
    ///   - shape: its sizes, outermost dimension first.
    /// - Throws: `FormatError` when the lengths differ.
    package func importance(ofGGUF name: String, shape: [Int]) throws -> [Float]? {
        guard let entry = self[name] else { return nil }
        try check(entry, shape)
        return try importance(of: entry)
    }

    /// Refuses an imatrix of another model: one with an entry for a tensor of a layer that the model lacks, or with
    /// other lengths than the model's tensors have.
    /// - Parameter tensors: the GGUF names and sizes (outermost dimension first) of all tensors of the model.
    package func check(against tensors: [(name: String, shape: [Int])]) throws(FormatError) {
        let shapes = Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
        // A model whose embedding serves as output has no such matrix, and an imatrix may have an entry for it.
        let foreign = entries.filter { shapes[$0.name] == nil && $0.name != "output.weight" }
        if let first = foreign.first {
            throw FormatError(
                .refused,
                "the imatrix is of another model: \(foreign.count) of its \(entries.count) tensors "
                    + (foreign.count == 1 ? "is none of this model's" : "are none of this model's"),
                tensor: first.name, file: path, remedy: "Measure one of this model with llama-imatrix")
        }
        for entry in entries {
            if let shape = shapes[entry.name] { try check(entry, shape) }
        }
    }

    private func check(_ entry: Entry, _ shape: [Int]) throws(FormatError) {
        let columns = shape.last ?? 0, experts = shape.dropLast(2).reduce(1, *)
        let (count, overflow) = columns.multipliedReportingOverflow(by: experts)
        guard !overflow, entry.valueCount == count, entry.expertCount.map({ $0 == experts }) ?? true else {
            func text(_ columns: Int, _ experts: Int) -> String {
                experts == 1 ? "\(columns)" : "\(experts) x \(columns)"
            }
            let own = entry.expertCount.map { text(entry.valueCount / $0, $0) } ?? "\(entry.valueCount)"
            throw FormatError(
                .refused,
                "the imatrix is of another model: it has \(own) values for this tensor, which has "
                    + "\(text(columns, experts)) columns",
                tensor: entry.name, file: path, remedy: "Measure one of this model with llama-imatrix")
        }
    }
}
