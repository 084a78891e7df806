import Bytes
import Formats
import Tensors

extension ReadingOptions {
    /// The options that choose among readings, as they are typed.
    var text: String {
        [
            statePath.map { "--state-path \($0)" }, stripsPrefixes ? "--strip-prefix" : nil,
            voidDtype.map { "--void-dtype \($0.lowercased())" },
        ].compactMap(\.self).joined(separator: " ")
    }
}

extension ModelSource {
    /// Whether options gave other tensors than the usual reading of the same files, which may also find none.
    ///
    /// To leave out what is unknown is a permission and no choice: the usual reading gets it too.
    func isReadOtherwise(with options: ReadOptions) throws -> Bool {
        var usual = ReadOptions()
        usual.skipsUnknown = options.skipsUnknown
        guard options != usual else { return false }
        do {
            return try ModelSource(scanning: path, options: usual).tensorsByPath != tensorsByPath
        } catch is FormatError {
            return true
        }
    }

    private var tensorsByPath: [String: Set<TensorDescription>] {
        Dictionary(weights.map { ($0.path, Set($0.layout?.tensors ?? [])) }) { first, _ in first }
    }
}
