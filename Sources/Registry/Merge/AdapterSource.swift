import Bytes
import Formats
import Numbers
import Tensors
import Transforms

/// An adapter as PEFT saves it, in the store or in a folder: what it says of itself, and its tensors.
struct AdapterSource: Sendable {
    /// A tensor of it.
    struct Tensor: Sendable {
        let name: String
        let shape: [Int]
        let dtype: DType
        let rows: @Sendable () throws -> any RowSource
    }

    /// What the user calls it.
    let name: String
    let configuration: AdapterConfiguration
    let tensors: [Tensor]

    /// The weights file of an adapter's folder.
    static let weightsName = "adapter_model.safetensors"

    /// Whether a path is that of an adapter's folder.
    static func isFolder(_ path: String) -> Bool { Folder.exists("\(path)/\(AdapterConfiguration.fileName)") }

    /// Reads an adapter that is registered.
    init(_ parent: RewriteParent, in registry: ModelRegistry) throws {
        name = parent.name
        let artifact = parent.artifact
        guard let file = artifact.files.first(where: { $0.path == AdapterConfiguration.fileName }) else {
            throw RegistryError(
                "\(parent.name) has no \(AdapterConfiguration.fileName), so it is no adapter",
                remedy: "Name the folder that PEFT's save_pretrained wrote, or an artifact that was registered from it")
        }
        configuration = try Self.configuration(of: parent.name) { try registry.document(file) }
        let source = try ExportSource(registry: registry, artifact: artifact, name: nil)
        tensors = source.tensors.map { tensor in
            Tensor(name: tensor.name, shape: tensor.shape.dimensions, dtype: tensor.dtype) {
                try source.rows(of: tensor)
            }
        }
    }

    /// Reads an adapter in a folder, without a store.
    init(folder: String) throws {
        name = folder
        let config = try OpenFile("\(folder)/\(AdapterConfiguration.fileName)")
        guard config.byteCount <= Self.longestConfiguration else {
            throw RegistryError(
                "\(config.path) has \(config.byteCount) bytes", remedy: "Name the folder of a LoRA adapter")
        }
        configuration = try Self.configuration(of: folder) {
            try JSONValue(parsing: try config.bytes(0..<config.byteCount), dialect: .python)
        }
        guard Folder.exists("\(folder)/\(Self.weightsName)") else {
            throw RegistryError(
                "\(folder) has no \(Self.weightsName)",
                remedy: "Register the folder first, with 'ingot register \(folder)', and name the artifact as --adapter"
            )
        }
        let file = try OpenFile("\(folder)/\(Self.weightsName)")
        tensors = try SafetensorsHeader(reading: file).tensors.compactMap { tensor in
            guard let dtype = tensor.dtype else { return nil }
            return Tensor(name: tensor.name, shape: tensor.shape.dimensions, dtype: dtype) {
                FileRows(tensor, dtype: dtype, in: file)
            }
        }
    }

    /// What an adapter says of itself; faults name the adapter too.
    private static func configuration(
        of name: String, reading document: () throws -> JSONValue
    ) throws -> AdapterConfiguration {
        do { return try AdapterConfiguration(try document()) } catch var error as FormatError {
            error.file = "\(name), \(AdapterConfiguration.fileName)"
            throw error
        }
    }

    private static let longestConfiguration = 16 << 20
    /// A factor beyond this is none of a low rank.
    private static let mostNumbers = 1 << 28

    /// Refuses an adapter whose training went wrong: one NaN would make rows of the base NaN.
    func checkNumbers(kernels: Kernels) throws {
        for tensor in tensors where tensor.dtype.isFloatingPoint {
            var floats = try FloatRows(try tensor.rows(), kernels: kernels)
            try floats.forEachChunk { start, numbers in
                guard let place = numbers.firstIndex(where: { !$0.isFinite }) else { return }
                throw FormatError(
                    .refused, "number \(start + place) of it is \(numbers[place].isNaN ? "NaN" : "infinite")",
                    tensor: tensor.name, file: name,
                    remedy: "Take an adapter of an earlier step, or train it again with a lower learning rate")
            }
        }
    }

    /// All numbers of a small tensor.
    func numbers(_ tensor: Tensor, kernels: Kernels) throws -> [Float] {
        let rows = try tensor.rows()
        guard rows.rowCount * rows.rowLength <= Self.mostNumbers else {
            throw FormatError(
                .refused, "\(rows.rowCount * rows.rowLength) numbers are no factor of a low rank", tensor: tensor.name,
                file: name, remedy: "Merge the adapter with PEFT")
        }
        var floats = try FloatRows(rows, kernels: kernels)
        var numbers: [Float] = []
        try floats.forEachChunk { numbers += $1 }
        return numbers
    }
}
