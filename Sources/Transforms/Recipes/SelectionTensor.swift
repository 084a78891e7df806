package import Architectures
package import Numbers
package import Tensors

/// A tensor of the model to write, as rules and schemes need to know it.
package struct SelectionTensor: Hashable, Sendable {
    /// Its name in the file to write.
    package let name: String
    /// All names that rules may call it by: its own, and those of the tensors that it is made of.
    package let names: [String]
    package let role: TensorRole
    package let part: RulePart
    /// Outermost dimension first.
    package let shape: [Int]
    /// The dtype of its numbers; nil when they are no plain numbers, such as blocks.
    package let dtype: DType?
    /// How it is stored, in words.
    package let storedAs: String
    /// The number of its layer; nil for what stands before or behind the layers.
    package let layer: Int?
    /// What it holds that no code expresses, such as `2 NaN`; nil when all its numbers are finite.
    package let nonfinite: String?
    /// Whether the layout's convention stores it as F32 whatever the others are.
    package let staysF32: Bool

    package init(
        name: String, otherNames: [String] = [], role: TensorRole, shape: [Int], dtype: DType?, storedAs: String,
        layer: Int?, nonfinite: String? = nil, staysF32: Bool = false
    ) {
        self.name = name
        names = [name] + otherNames
        self.role = role
        part = RulePart(role, name: otherNames.first ?? name)
        self.shape = shape
        self.dtype = dtype
        self.storedAs = storedAs
        self.layer = layer
        self.nonfinite = nonfinite
        self.staysF32 = staysF32
    }

    /// Its elements; as many as can be counted of a shape that was not checked.
    package var elementCount: Int {
        shape.reduce(1) { product, size in
            let (result, overflows) = product.multipliedReportingOverflow(by: size)
            return overflows ? Int.max : result
        }
    }

    /// The elements of a row.
    var columns: Int { shape.last ?? 1 }

    /// The tensors of a checkpoint that keeps its names.
    /// - Parameters:
    ///   - tensors: all tensors of the checkpoint.
    ///   - family: the model's family; nil when it is not known, so that names must tell.
    ///   - nonfinite: what tensors hold besides numbers, by their names.
    package static func list(
        _ tensors: [TensorDescription], family: ModelFamily?, nonfinite: [String: String] = [:]
    ) -> [Self] {
        let names = Set(tensors.map(\.name))
        return tensors.map { tensor in
            let dimensions = tensor.shape.dimensions
            return Self(
                name: tensor.name, role: role(of: tensor.name, dimensions, family, names), shape: dimensions,
                dtype: tensor.dtype, storedAs: "\(tensor.type)",
                layer: family?.layerNumber(of: tensor.name) ?? layerNumber(in: tensor.name),
                nonfinite: nonfinite[tensor.name])
        }
    }

    /// The tensors of a model that is written in another layout, as GGUF is.
    /// - Parameters:
    ///   - mapping: how each tensor is made.
    ///   - sources: the tensors at hand.
    ///   - family: the model's family.
    ///   - nonfinite: what the tensors at hand hold besides numbers, by their names.
    package static func list(
        _ mapping: LayoutMapping, from sources: [TensorDescription], family: ModelFamily?,
        nonfinite: [String: String] = [:]
    ) -> [Self] {
        let known = Dictionary(sources.map { ($0.name, $0) }) { first, _ in first }
        let names = Set(known.keys)
        return mapping.tensors.map { tensor in
            var origins: [String] = []
            if case .sources(let pieces) = tensor.content { origins = pieces.map(\.name) }
            let source = origins.isEmpty ? nil : origins[0]
            let first = source.flatMap { known[$0] }
            let isMade = origins.isEmpty  // of config.json, as factors of rotary frequencies are
            let dimensions = first?.shape.dimensions ?? tensor.shape
            return Self(
                name: tensor.name, otherNames: origins,
                role: source.map { Self.role(of: $0, dimensions, family, names) } ?? .other, shape: tensor.shape,
                dtype: isMade ? .F32 : first?.dtype, storedAs: first.map { "\($0.type)" } ?? "F32",
                layer: layerNumber(in: tensor.name), nonfinite: origins.compactMap { nonfinite[$0] }.first,
                staysF32: tensor.staysF32 || isMade)
        }
    }

    private static func role(
        of name: String, _ dimensions: [Int], _ family: ModelFamily?, _ names: Set<String>
    ) -> TensorRole {
        family?.role(of: name) ?? TensorRole.guess(name: name, dimensions: dimensions, among: names)
    }

    /// The first part of a name that is a number: the layer's in most models.
    package static func layerNumber(in name: String) -> Int? {
        name.split(separator: ".").lazy.compactMap { part in
            part.count < 7 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }.first
    }
}
