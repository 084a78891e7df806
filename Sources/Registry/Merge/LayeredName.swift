import Architectures
import Transforms

/// A tensor's name, and the number of its layer in it.
struct LayeredName: Hashable {
    let text: String
    /// Nil for what stands before or behind the layers.
    let layer: Int?
    private let place: Int

    init(_ name: String, family: ModelFamily?) {
        text = name
        let number = family?.layerNumber(of: name) ?? (family == nil ? SelectionTensor.layerNumber(in: name) : nil)
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let found = parts.firstIndex { Int($0) == number }
        layer = found == nil ? nil : number
        place = found ?? 0
    }

    /// The same name with another layer.
    func renumbered(_ layer: Int) -> String {
        guard self.layer != nil else { return text }
        var parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        parts[place] = String(layer)
        return parts.joined(separator: ".")
    }
}
